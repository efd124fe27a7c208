// Where pages will be in Chinese its fonts are fetched while Streamlit starts: text that is drawn without one moves.
{
  const language = new URLSearchParams(location.search).get("lang") ?? navigator.language;
  if (language.toLowerCase().startsWith("zh")) {
    document.documentElement.lang = "zh";
    for (const face of document.fonts) {
      if (face.family.includes("DIN Lens Chinese")) face.load().catch(() => {}); // text is drawn all the same
    }
  }
}
