// Positions that move: frames of a path, a morph, a mode. Flat arrays x, y, z, x, ... in Å.

// The layout is told in screen/report/details.py.
function decodeFrames(base64, nAtoms) {
  const { buffer } = bytesOf(base64);
  const unit = new DataView(buffer).getFloat32(0, true);
  const cells = Float32Array.from(new Int16Array(buffer, 4), (n) => n * unit);
  const size = 3 * nAtoms;
  return Array.from({ length: cells.length / size }, (_, k) => cells.subarray(k * size, (k + 1) * size));
}

const plus = (positions, step, factor) => positions.map((value, k) => value + factor * step[k]);

const between = (from, to, share) => from.map((value, k) => value + share * (to[k] - value));

// From -1, the reactant, over 0, the TS, to 1, the product.
function morphed({ reactant, ts, product }, s) {
  return s < 0 ? between(ts, reactant, -s) : between(ts, product, s);
}

// The same along a path, whose ends need not be equally far from the TS; gives the number of a frame.
function frameAt({ ts, frames }, s) {
  return s < 0 ? ts * (1 + s) : ts + s * (frames.length - 1 - ts);
}

function placeOf({ ts, frames }, frame) {
  return frame <= ts ? (ts ? frame / ts - 1 : 0) : (frame - ts) / (frames.length - 1 - ts);
}

function alongPath(path, s) {
  const frame = frameAt(path, s);
  const first = Math.min(Math.floor(frame), path.frames.length - 2);
  return between(path.frames[first], path.frames[first + 1], frame - first);
}
