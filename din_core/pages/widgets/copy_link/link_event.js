// How an instrument that moves by itself says where it is, before Python has written it into the address bar.

const LINK_WANTED = "din-lens-link-wanted"; // its detail: {query}, null until an instrument fills it in
