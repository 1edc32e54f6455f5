// Makes elements. Text is always text: nothing here takes HTML.
const Dom = (() => {
  "use strict";
  const kSvg = "http://www.w3.org/2000/svg";

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null) element.setAttribute(name, value);
    }
    element.append(...children.flat().filter((child) => child !== null));
    return element;
  }

  const make = (name, attributes = {}, ...children) =>
    fill(document.createElement(name), attributes, children);
  const svg = (name, attributes = {}, ...children) =>
    fill(document.createElementNS(kSvg, name), attributes, children);

  function select(label, options, value, onchange) {
    const box = make("select", { onchange: () => onchange(box.value) },
      options.map(([key, name]) => make("option", { value: key, selected: key === value }, name)));
    return make("label", {}, `${label} `, box);
  }

  function download(name, blob) {
    const link = make("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  return { make, svg, select, download };
})();
