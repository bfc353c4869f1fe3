// A page: its picture, the boxes of its lines, and their text where it can be selected.

const SVG = "http://www.w3.org/2000/svg";

export function grade(confidence) {
  return confidence >= 0.9 ? "good" : confidence >= 0.7 ? "fair" : "poor";
}

export class Sheet {
  constructor(root) {
    this.root = root;
    this.zoom = 0; // 0: as wide as there is room
    this.groups = [];
  }

  /** Show a page (of the service's JSON) over its picture (an address, or null). lines: in their order. */
  show(page, picture, lines, point) {
    this.size = { width: page.width, height: page.height };
    const holder = document.createElement("div");
    holder.className = "page";
    if (picture) {
      const image = document.createElement("img");
      image.alt = "";
      image.src = picture;
      holder.append(image);
    }
    const svg = element("svg", { viewBox: `0 0 ${page.width} ${page.height}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    this.groups = lines.map((line, index) => {
      const group = element("g", { class: grade(line.confidence) });
      group.append(element("polygon", { points: line.quad.map((corner) => corner.join(",")).join(" ") }), textOf(line));
      group.addEventListener("pointerenter", () => point(index));
      group.addEventListener("pointerleave", () => point(-1));
      svg.append(group);
      return group;
    });
    holder.append(svg);
    this.holder = holder;
    this.root.replaceChildren(holder);
    this.scale();
  }

  point(index) {
    this.groups.forEach((group, each) => group.classList.toggle("on", each === index));
  }

  reveal(index) {
    this.groups[index]?.firstChild.getBoundingClientRect && scrollInto(this.root, this.groups[index].firstChild);
  }

  scale(zoom = this.zoom) {
    this.zoom = zoom;
    if (!this.holder) return;
    const room = this.root.clientWidth - 26;
    const width = zoom ? this.size.width * zoom : Math.min(room, this.size.width * 2);
    this.holder.style.width = `${width}px`;
    this.holder.style.height = `${(width * this.size.height) / this.size.width}px`;
  }

  /** The zoom as it is now. */
  get factor() {
    return this.holder.clientWidth / this.size.width;
  }
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function textOf(line) {
  const [a, b, , d] = line.quad;
  const width = Math.hypot(b[0] - a[0], b[1] - a[1]);
  const height = Math.hypot(d[0] - a[0], d[1] - a[1]);
  const angle = (Math.atan2(b[1] - a[1], b[0] - a[0]) * 180) / Math.PI;
  const text = element("text", {
    x: 0, y: height * 0.78, "font-size": height * 0.9, textLength: Math.max(width, 1), lengthAdjust: "spacingAndGlyphs",
    transform: `translate(${a[0]} ${a[1]}) rotate(${angle})`,
  });
  text.textContent = line.text;
  return text;
}

function scrollInto(root, box) {
  const [outer, inner] = [root.getBoundingClientRect(), box.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) root.scrollTop += inner.top - outer.top - outer.height / 3;
  if (inner.left < outer.left || inner.right > outer.right) root.scrollLeft += inner.left - outer.left - 20;
}
