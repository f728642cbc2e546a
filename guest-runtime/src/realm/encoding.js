(({ TextDecoder: Decoder, TextEncoder: Encoder, atob: decode, btoa: encode }) => {
  const refuse = (text) => { throw new DOMException(text, "InvalidCharacterError"); };
  const bytesOf = (input) => (ArrayBuffer.isView(input) ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength) : new Uint8Array(input));
  // How many bytes at the end belong to a character that is not whole yet.
  const unfinished = (bytes) => {
    for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
      const byte = bytes[bytes.length - back];
      if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
      if (byte < 0x80) return 0;
    }
    return 0;
  };
  class TextDecoder {
    #decoder;
    #fatal;
    #rest = new Uint8Array(0);
    constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
      this.#decoder = new Decoder(label, { ignoreBOM });
      this.#fatal = Boolean(fatal);
    }
    get encoding() { return this.#decoder.encoding; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#decoder.ignoreBOM; }
    decode(input = new Uint8Array(0), { stream = false } = {}) {
      let bytes = bytesOf(input);
      if (this.#rest.length > 0) bytes = new Uint8Array([...this.#rest, ...bytes]);
      const left = !stream ? 0 : this.encoding === "utf-8" ? unfinished(bytes) : bytes.length % 2;
      this.#rest = bytes.slice(bytes.length - left);
      const text = this.#decoder.decode(left > 0 ? bytes.slice(0, bytes.length - left) : bytes);
      if (this.#fatal && text.includes("\ufffd") && !this.#isWhole(text, left > 0 ? bytes.slice(0, -left) : bytes)) {
        throw new TypeError(`The encoded data was not valid for encoding ${this.encoding}`);
      }
      return text;
    }
    // Whether each U+FFFD of the text stood in the bytes. A mark of byte order at the start is not in the text.
    #isWhole(text, bytes) {
      if (this.encoding !== "utf-8") return false;
      const again = new Encoder().encode(text);
      const start = bytes.length - again.length;
      return (start === 0 || start === 3) && again.every((byte, at) => byte === bytes[at + start]);
    }
    get [Symbol.toStringTag]() { return "TextDecoder"; }
  }
  class TextEncoder {
    #encoder = new Encoder();
    get encoding() { return "utf-8"; }
    encode(text = "") { return this.#encoder.encode(String(text)); }
    encodeInto(text, target) {
      let read = 0, written = 0;
      for (const character of String(text)) {
        const bytes = this.#encoder.encode(character);
        if (written + bytes.length > target.length) break;
        target.set(bytes, written);
        read += character.length;
        written += bytes.length;
      }
      return { read, written };
    }
    get [Symbol.toStringTag]() { return "TextEncoder"; }
  }
  return {
    TextDecoder,
    TextEncoder,
    atob(text) {
      try { return decode(text); } catch { return refuse("The string to be decoded is not correctly encoded."); }
    },
    btoa(text) {
      try { return encode(text); } catch { return refuse("Invalid character: btoa takes characters up to U+00FF. For other text: new TextEncoder().encode(text).toBase64()"); }
    },
  };
})
