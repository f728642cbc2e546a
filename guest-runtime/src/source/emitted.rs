//! The modules that compiled code imports for itself: what decorators and `using` are turned into calls of.

/// Before the name of each such module.
pub(super) const PREFIX: &str = "oubliette:emitted";

/// The text of a module that compiled code may import for itself.
pub(crate) fn helper_module(specifier: &str) -> Option<&'static str> {
    match specifier.strip_prefix(PREFIX)?.strip_prefix("/helpers/")? {
        "decorate" => Some(DECORATE),
        "decorateParam" => Some(DECORATE_PARAM),
        "usingCtx" => Some(USING),
        _ => None,
    }
}

/// Applies decorators from the last to the first: to a class (two arguments), or to a member, whose descriptor
/// is read unless `undefined` (a field) is passed for it.
const DECORATE: &str = r#"
export default function decorate(decorators, target, key, descriptor) {
  const isClass = arguments.length < 3;
  let result = isClass ? target : descriptor === null ? Object.getOwnPropertyDescriptor(target, key) : descriptor;
  for (let index = decorators.length - 1; index >= 0; index--) {
    const decorator = decorators[index];
    if (!decorator) continue;
    if (typeof decorator !== "function") throw new TypeError("A decorator must be a function.");
    result = (isClass ? decorator(result) : decorator(target, key, result)) || result;
  }
  if (!isClass && result) Object.defineProperty(target, key, result);
  return result;
}
"#;

/// Makes a member's decorator of a parameter's.
const DECORATE_PARAM: &str = r#"
export default function decorateParam(index, decorator) {
  return (target, key) => decorator(target, key, index);
}
"#;

/// Keeps the resources of one block: `u` and `a` register one, `e` takes the block's error, `d` disposes of all.
const USING: &str = r#"
function method(value, isAsync) {
  if (value === null || value === undefined) return undefined;
  if (Object(value) !== value) throw new TypeError("`using` needs an object, null or undefined.");
  let dispose = isAsync ? value[Symbol.asyncDispose || Symbol.for("Symbol.asyncDispose")] : undefined;
  dispose ??= value[Symbol.dispose || Symbol.for("Symbol.dispose")];
  if (typeof dispose !== "function") throw new TypeError("`using` needs an object with a [Symbol.dispose] method.");
  return dispose;
}
function suppressed(error, previous) {
  const both = new Error("An error was suppressed while resources were disposed of.");
  both.name = "SuppressedError";
  both.error = error;
  both.suppressed = previous;
  return both;
}
export default function usingCtx() {
  const none = {};
  const stack = [];
  let failure = none;
  const fail = (error) => { failure = failure === none ? error : suppressed(error, failure); };
  const add = (isAsync, value) => {
    const dispose = method(value, isAsync);
    if (dispose || isAsync) stack.push({ isAsync, value, dispose });
    return value;
  };
  const finish = () => { if (failure !== none) throw failure; };
  const run = () => {
    while (stack.length > 0) {
      const { isAsync, value, dispose } = stack.pop();
      try {
        const result = dispose ? dispose.call(value) : undefined;
        if (isAsync) return Promise.resolve(result).catch(fail).then(run);
      } catch (error) {
        fail(error);
      }
    }
    finish();
  };
  return {
    u: (value) => add(false, value),
    a: (value) => add(true, value),
    get e() { return failure; },
    set e(error) { fail(error); },
    d: run,
  };
}
"#;

#[cfg(test)]
mod tests {
    use super::helper_module;

    #[test]
    fn only_own_modules_are_served() {
        assert!(helper_module("oubliette:emitted/helpers/usingCtx").is_some());
        assert!(helper_module("oubliette:emitted/helpers/other").is_none());
        assert!(helper_module("usingCtx").is_none());
    }
}
