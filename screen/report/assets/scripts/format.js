// Numbers and elements. Text from the data enters the page through `make` alone: never as markup.

const NONE = "–";
const NARROW = matchMedia("(max-width: 640px)"); // as in styles/narrow.css

const DECIMALS = { "kcal/mol": 1, Å: 3, s: 1, "cm⁻¹": 0 };

function formatNumber(value, unit = "") {
  if (value === null || value === undefined) return NONE;
  const size = Math.abs(value);
  let text;
  if (size !== 0 && (size >= 1e6 || size < 1e-3)) text = value.toExponential(1);
  else if (unit in DECIMALS) text = value.toFixed(DECIMALS[unit]);
  else if (Number.isInteger(value)) text = String(value);
  else text = size < 1 ? value.toFixed(2) : String(Number(value.toPrecision(4)));
  return text.replace(/^-(?!.*[1-9])/, "").replaceAll("-", "−"); // no minus before a rounded zero
}

function formatValue(column, row) {
  const value = column.values[row];
  if (value === null) return NONE;
  if (column.kind === "number") return formatNumber(value, column.unit);
  if (column.kind === "bool") return value ? "yes" : "no";
  return value;
}

const COUNTS = new Intl.NumberFormat("en-GB");

const formatCount = (n) => COUNTS.format(n);

const withUnit = (text, unit) => (unit && text !== NONE ? `${text} ${unit}` : text);

const plural = (n, one) => `${formatCount(n)} ${one}${n === 1 ? "" : "s"}`;

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const make = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);

const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

const byId = (id) => document.getElementById(id);

function quantile(values, share) {
  const sorted = Float64Array.from(values.filter((value) => value !== null)).sort();
  if (!sorted.length) return null;
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const next = sorted[Math.min(low + 1, sorted.length - 1)];
  return sorted[low] + (place - low) * (next - sorted[low]);
}

function tally(values) {
  const counts = new Map();
  for (const value of values) {
    if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]);
}
