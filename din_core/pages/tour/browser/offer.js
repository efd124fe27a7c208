// The browser remembers for a year that it was offered the tour.

const YEAR = 365 * 24 * 3600; // seconds

export default function () {
  document.cookie = `din_lens_tour_offered=1; max-age=${YEAR}; path=/; samesite=lax`;
}
