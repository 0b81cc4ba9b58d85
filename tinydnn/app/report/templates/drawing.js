// From ink on a large square to the 28 x 28 grey values of MNIST, as in tinydnn/app/images: the ink is scaled to a box
// of 20 x 20, with its proportions kept, and placed so that its centre of mass lies in the middle.

const SIDE = 28, BOX = 20;

// ink: side * side numbers from 0 to 255, row by row. Returns 784 grey values, or null where there is no ink.
function toDigit(ink, side) {
  let top = side, bottom = -1, left = side, right = -1;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (ink[y * side + x] === 0) continue;
      top = Math.min(top, y), bottom = Math.max(bottom, y), left = Math.min(left, x), right = Math.max(right, x);
    }
  }
  if (bottom < 0) return null;
  const rows = bottom - top + 1, columns = right - left + 1;
  const scale = BOX / Math.max(rows, columns);
  const height = Math.max(1, Math.round(rows * scale)), width = Math.max(1, Math.round(columns * scale));

  const small = new Float64Array(height * width);
  let mass = 0, massY = 0, massX = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = average(ink, side, top + y * rows / height, top + (y + 1) * rows / height,
                            left + x * columns / width, left + (x + 1) * columns / width);
      small[y * width + x] = value;
      mass += value, massY += value * y, massX += value * x;
    }
  }
  const place = (centre, length) => Math.min(Math.max(Math.round(SIDE / 2 - centre), 0), SIDE - length);
  const down = place(massY / mass, height), across = place(massX / mass, width);
  const digit = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) digit[(down + y) * SIDE + across + x] = small[y * width + x];
  }
  return digit;
}

// The mean of the ink between these edges; a pixel on an edge counts in part.
function average(ink, side, top, bottom, left, right) {
  let sum = 0, area = 0;
  for (let y = Math.floor(top); y < bottom; y++) {
    const tall = Math.min(y + 1, bottom) - Math.max(y, top);
    for (let x = Math.floor(left); x < right; x++) {
      const share = tall * (Math.min(x + 1, right) - Math.max(x, left));
      sum += share * ink[y * side + x], area += share;
    }
  }
  return sum / area;
}

// A canvas to draw on with mouse, pen, finger or keys. It calls changed() whenever the ink changes, and moved(pen)
// whenever the keyboard's pen moves, is put down or is lifted.
class Pad {
  static WIDTH = 22;  // of a stroke
  static STEP = 10;  // of an arrow key

  constructor(canvas, changed, moved) {
    this.canvas = canvas, this.changed = changed, this.moved = moved;
    this.context = canvas.getContext("2d", {willReadFrequently: true});
    canvas.addEventListener("pointerdown", event => {
      if (event.button !== 0 || !event.isPrimary) return;
      canvas.setPointerCapture(event.pointerId);
      this.at = this.position(event);
      this.stroke(this.at, this.at);
    });
    canvas.addEventListener("pointermove", event => {
      if (!this.at || !event.isPrimary) return;
      for (const each of event.getCoalescedEvents?.() ?? [event]) {
        const to = this.position(each);
        this.stroke(this.at, to);
        this.at = to;
      }
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => this.at = null);
    canvas.addEventListener("keydown", event => this.key(event));
    canvas.addEventListener("blur", () => {
      this.pen.down = false;
      this.moved(this.pen);
    });
  }

  position(event) {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: (event.clientX - box.left) * this.canvas.width / box.width,
      y: (event.clientY - box.top) * this.canvas.height / box.height,
    };
  }

  key(event) {
    const move = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
    if (!move && event.key !== " ") return;
    event.preventDefault();
    const from = {...this.pen};
    if (move) {
      this.pen.x = Math.min(Math.max(from.x + move[0] * Pad.STEP, 0), this.canvas.width);
      this.pen.y = Math.min(Math.max(from.y + move[1] * Pad.STEP, 0), this.canvas.height);
    } else {
      this.pen.down = !this.pen.down;
    }
    this.moved(this.pen);
    if (this.pen.down) this.stroke(from, this.pen);
  }

  stroke(from, to) {
    this.context.lineWidth = Pad.WIDTH;
    this.context.lineCap = this.context.lineJoin = "round";
    this.context.beginPath();
    this.context.moveTo(from.x, from.y);
    this.context.lineTo(to.x, to.y);
    this.context.stroke();
    this.changed();
  }

  clear() {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.pen = {x: this.canvas.width / 2, y: this.canvas.height / 4, down: false};
    this.moved(this.pen);
    this.changed();
  }

  // Take the opaque parts of another picture as ink, without a call of changed().
  show(image) {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.context.imageSmoothingEnabled = false;
    this.context.drawImage(image, 0, 0, this.canvas.width, this.canvas.height);
  }

  // The 784 grey values of what is drawn, or null.
  digit() {
    const {width, height} = this.canvas;
    const pixels = this.context.getImageData(0, 0, width, height).data;
    return toDigit(Uint8Array.from({length: width * height}, (_, i) => pixels[4 * i + 3]), width);  // how opaque
  }
}
