// From values to pixels: ranges, ticks and scales of axes.

const FEW = 0.01; // share of the values, at least one on either side, that do not decide a range
const ENOUGH = 8; // values, of which one may be told from the others as far away
const DECADES = 4; // that positive values span before their logarithm is plotted

function niceStep(span, count) {
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
}

function ticks(low, high, count) {
  const step = niceStep(high - low, count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return Array.from({ length: last - first + 1 }, (_, k) => {
    const value = (first + k) * step;
    return { value, text: value.toFixed(digits).replace(/^-(?=.*[1-9])/, "−") };
  });
}

function scale([from, to], [start, end]) {
  const scaled = (value) => start + ((value - from) / (to - from)) * (end - start);
  scaled.inverse = (pixel) => from + ((pixel - start) / (end - start)) * (to - from);
  return scaled;
}

function widened([low, high]) {
  const margin = 0.05 * (high - low);
  return [low - margin, high + margin];
}

// The range of an axis, kept for the next drawing of the same values.
const RANGES = new WeakMap();

function rangeOf(values) {
  if (!RANGES.has(values)) RANGES.set(values, robustRange(values));
  return RANGES.get(values);
}

// A few values that lie farther from all others than these from each other do not get to decide it.
function robustRange(values) {
  const known = Float64Array.from(values.filter((value) => value !== null)).sort();
  if (!known.length) return null;
  let [low, high] = [known[0], known.at(-1)];
  const few = Math.ceil(FEW * known.length);
  const [first, last] = [known[few], known.at(-1 - few)];
  if (known.length >= ENOUGH && last > first) {
    low = Math.max(low, first - (last - first));
    high = Math.min(high, last + (last - first));
  }
  return high > low ? [low, high] : [low - 0.5, low + 0.5];
}

// A column as an axis has it: values over many powers of ten as logarithms.
const MEASURES = new WeakMap();

function measureOf(column) {
  if (!MEASURES.has(column)) MEASURES.set(column, newMeasure(column));
  return MEASURES.get(column);
}

function newMeasure(column) {
  const { label, unit, values } = column;
  const quantiles = [0.05, 0.95].map((share) => quantile(values, share));
  const least = values.reduce((a, b) => (b !== null && b < a ? b : a), Infinity);
  if (least > 0 && quantiles[1] / quantiles[0] > 10 ** DECADES) {
    const logarithms = values.map((value) => (value === null ? null : Math.log10(value)));
    return { values: logarithms, title: `log₁₀ of ${withUnit(label, unit && `/ ${unit}`)}`, undo: (value) => 10 ** value };
  }
  return { values, title: withUnit(label, unit && `/ ${unit}`), undo: (value) => value };
}
