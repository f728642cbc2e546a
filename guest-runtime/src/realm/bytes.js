(() => {
  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const URL_SAFE = `${ALPHABET.slice(0, 62)}-_`;
  const alphabet = ({ alphabet: name = "base64" } = {}) => {
    if (name === "base64") return ALPHABET;
    if (name === "base64url") return URL_SAFE;
    throw new TypeError('alphabet has to be "base64" or "base64url"');
  };
  const own = (bytes) => {
    if (!(bytes instanceof Uint8Array)) throw new TypeError("this is not a Uint8Array");
    return bytes;
  };
  // Methods, so that none of them can be constructed.
  return {
    toHex() { return Array.from(own(this), (byte) => byte.toString(16).padStart(2, "0")).join(""); },
    fromHex(text) {
      if (typeof text !== "string") throw new TypeError("fromHex takes a string");
      if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) throw new SyntaxError("hexadecimal text is pairs of 0-9 and a-f");
      return Uint8Array.from({ length: text.length / 2 }, (_, index) => parseInt(text.slice(index * 2, index * 2 + 2), 16));
    },
    toBase64(options = {}) {
      const bytes = own(this), letters = alphabet(options), parts = [];
      for (let at = 0; at < bytes.length; at += 3) {
        const group = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
        parts.push(letters[group >> 18], letters[(group >> 12) & 63], letters[(group >> 6) & 63], letters[group & 63]);
      }
      const missing = (3 - (bytes.length % 3)) % 3;
      if (missing > 0) parts.length -= missing;
      return parts.join("") + (options.omitPadding ? "" : "=".repeat(missing));
    },
    fromBase64(text, options = {}) {
      if (typeof text !== "string") throw new TypeError("fromBase64 takes a string");
      const letters = alphabet(options);
      const bare = text.replace(/[\t\n\f\r ]+/g, "").replace(/={1,2}$/, "");
      if (bare.length % 4 === 1) throw new SyntaxError("base64 text ends in the middle of a byte");
      const bytes = new Uint8Array(Math.floor((bare.length * 3) / 4));
      let group = 0, bits = 0, at = 0;
      for (const letter of bare) {
        const value = letters.indexOf(letter);
        if (value < 0) throw new SyntaxError(`${JSON.stringify(letter)} is not a letter of base64`);
        group = ((group << 6) | value) & 0xffff;
        bits += 6;
        if (bits >= 8) bytes[at++] = (group >> (bits -= 8)) & 255;
      }
      return bytes;
    },
  };
})()
