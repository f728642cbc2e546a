(() => {
  const text = "2024-05-06".replace(/(?<year>\d+)-(\d+)/u, "$2/$<year>").normalize();
  const data = ({ text, list: [1, 2.5, -0, "ü"], map: new Map([[1, new Set([2])]]) });
  JSON.parse(JSON.stringify(data, null, 1));
  new URL("https://example.com/?a=1").href;
  new Date(2024, 4, 6).toISOString();
  Temporal.Now.instant().toString();
  (1234.5678).toFixed(2);
  [3, 1, 2].sort((a, b) => a - b);
  try { null.x; } catch (error) { error.stack; }
  Promise.resolve().then(() => Promise.reject(new Error("x"))).catch(() => {});
  new WeakRef({});
})()
