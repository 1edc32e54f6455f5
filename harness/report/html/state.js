// What the reader chose, kept in the URL fragment: "#causal=true&hide=2&case=7".
const State = (() => {
  "use strict";
  const listeners = [];
  let current = read();

  function read() {
    const fragment = location.hash.slice(1);
    return new URLSearchParams(fragment.includes("=") ? fragment : "");
  }

  const get = (key, fallback) => current.get(key) ?? fallback;

  // A value of null removes the key, so that its default holds.
  function set(changes) {
    for (const [key, value] of Object.entries(changes))
      if (value === null) current.delete(key);
      else current.set(key, value);
    history.replaceState(null, "", `#${current}`);
    tell(Object.keys(changes));
  }

  const tell = (keys) => listeners.forEach((listener) => listener(keys));

  // A plain "#method" is a place to go to and leaves the choices as they are.
  window.addEventListener("hashchange", () => {
    if (location.hash.length > 1 && !location.hash.includes("=")) return;
    const before = current;
    current = read();
    const keys = new Set([...before.keys(), ...current.keys()]);
    tell([...keys].filter((key) => before.get(key) !== current.get(key)));
  });

  return { get, set, onChange: (listener) => listeners.push(listener) };
})();
