// The models that are held of the rows on screen; some cases may be without their weights or effects.

const MOST_DIGITS = 5; // of effects: they are differences of single-precision logits

const weighs = (model, place) => model?.scored[place]?.weight !== undefined;

function createModelPayloads() {
  let held = new Map(); // by name in links

  // Keep what a message of the rows on screen brings. Effects that were not held yet are returned, by their objects.
  function take({ head, texts: [, ...texts] }) {
    head.models.forEach((link, i) => {
      const read = JSON.parse(texts[i]);
      const known = held.get(link);
      if (!known) held.set(link, { ...read, effects: new Map() });
      else known.scored = known.scored.map((one, place) => (one.weight ? one : read.scored[place]));
    });
    const fresh = new Set();
    head.effects.forEach(([link, place], i) => {
      const { effects } = held.get(link);
      if (effects.has(place)) return;
      const read = JSON.parse(texts[head.models.length + i]);
      const points = read.effect.map((value) => pointsOf(value, read.logit));
      effects.set(place, { ...read, points, digits: Math.min(digitsFor(read.extent), MOST_DIGITS) });
      fresh.add(effects.get(place));
    });
    return fresh;
  }

  return {
    take,
    has: (link) => held.has(link),
    get: (link) => held.get(link),
    all: () => [...held.values()],
    clear() {
      held = new Map();
    },
  };
}
