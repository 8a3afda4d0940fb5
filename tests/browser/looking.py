"""Questions to a page about what people see of it, as functions that run in the browser."""

UNNAMED = """() => {
  const name = (each) => each.getAttribute("aria-label") || each.labels?.[0]?.innerText || each.innerText || each.title;
  return [...document.querySelectorAll("button, a, input, select, textarea, [role=button]")]
    .filter((each) => each.checkVisibility() && !name(each).trim())
    .map((each) => each.outerHTML);
}"""
"""What can be acted on and has no name that a screen reader could say."""

PALE = """() => {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const read = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, alpha] = context.getImageData(0, 0, 1, 1).data;
    return { rgb: [r, g, b], alpha: alpha / 255 };
  };
  const over = (top, under) => top.rgb.map((value, at) => value * top.alpha + under[at] * (1 - top.alpha));
  const ground = (element) => {
    if (!element) return [255, 255, 255];
    const colour = read(getComputedStyle(element).backgroundColor);
    return colour.alpha === 1 ? colour.rgb : over(colour, ground(element.parentElement));
  };
  const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const light = (rgb) => {
    const [r, g, b] = rgb.map((value) => linear(value / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  for (const element of document.body.querySelectorAll("*")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!hasText || !element.checkVisibility() || element.disabled || element.closest("option, noscript")) continue;
    const under = ground(element);
    const [a, b] = [light(over(read(getComputedStyle(element).color), under)), light(under)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.push(`${contrast.toFixed(2)} ${element.className || element.tagName} ${element.innerText}`);
  }
  return found;
}"""
"""Texts whose colour stands out less than 4.5 : 1 from what lies under them (WCAG 2.2, 1.4.3; luminance as it says)."""
