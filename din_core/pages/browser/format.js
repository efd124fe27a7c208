// Numbers and dates as people read them. Times are seconds since 1970, UTC.

function months() {
  return [
    say("Jan"), say("Feb"), say("Mar"), say("Apr"), say("May"), say("Jun"),
    say("Jul"), say("Aug"), say("Sep"), say("Oct"), say("Nov"), say("Dec"),
  ];
}

function day(seconds) {
  const date = new Date(seconds * 1000);
  const month = months()[date.getUTCMonth()];
  return say("{day} {month} {year}", { day: date.getUTCDate(), month, year: date.getUTCFullYear() });
}

function count(value) {
  return value.toLocaleString("en");
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// "2 behaviors", "1 behavior"
function behaviors(value) {
  return value === 1 ? say("1 behavior") : say("{n} behaviors", { n: count(value) });
}

function fixed(value, digits) {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

function signed(value, digits) {
  const text = fixed(value, digits);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

function percent(probability, digits = 1) {
  const unit = 10 ** -digits;
  if (probability > 0 && probability < unit / 200) return `< ${unit.toFixed(digits)} %`;
  if (probability < 1 && probability > 1 - unit / 200) return `> ${(100 - unit).toFixed(digits)} %`;
  return `${(100 * probability).toFixed(digits)} %`;
}

// Decimals for two probabilities in percent beside their difference: 1, or 2 where these would not add up.
function changeDigits(from, to) {
  const [p, q, change] = [from, to, to - from].map((share) => Number((100 * share).toFixed(1)));
  return Math.abs(q - p - change) < 0.05 ? 1 : 2;
}

// What an effect on the logit is in points of probability: sigmoid(logit) less sigmoid without it, 0 to 100.
function pointsOf(effect, logit) {
  const sigmoid = (x) => 0.5 * (1 + Math.tanh(x / 2));
  return 100 * (sigmoid(logit) - sigmoid(logit - effect));
}

// Decimals that show the largest of these values to four digits.
function digitsFor(extent) {
  const largest = Math.max(Math.abs(extent[0]), Math.abs(extent[1]), 1e-9);
  return Math.min(Math.max(3 - Math.floor(Math.log10(largest)), 1), 7);
}

// Round values from low to high, about `wanted` of them; zero is one of them when it lies between.
function ticksBetween(low, high, wanted) {
  const raw = (high - low) / Math.max(wanted, 1);
  if (!(raw > 0)) return { values: [0], digits: 0 };
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((nice) => nice * power >= raw * 0.999) ?? 10);
  const values = [];
  for (let i = Math.ceil(low / step - 1e-9); i <= Math.floor(high / step + 1e-9); i++) values.push(i * step);
  return { values, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

// Types of behaviors in words: "buy", or each with how often where they differ; nothing where none is known.
function typeWords(types) {
  const times = new Map();
  for (const type of types) times.set(type, (times.get(type) ?? 0) + 1);
  if (times.size === 1) return types[0] ?? "";
  const named = [...times].map(([type, n]) => `${count(n)} × ${type ?? say("type unknown")}`);
  return named.join(", ");
}
