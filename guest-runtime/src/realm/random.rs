//! All randomness of a run: one generator, seeded by `run.start`.

use super::{define, digest, function};
use crate::run::Run;
use boa_engine::object::builtins::{JsTypedArray, JsUint8Array};
use boa_engine::{Context, JsArgs, JsNativeError, JsResult, JsString, JsValue, js_string};
use std::cell::Cell;
use std::fmt::Write;

/// The most `getRandomValues` fills at once, bytes (Web Cryptography API, 10.1.1).
const MAX_RANDOM_BYTES: usize = 65_536;
/// 2⁻⁵³: the distance of two doubles just below one.
const STEP: f64 = 1.0 / 9_007_199_254_740_992.0;

/// xoshiro256** by David Blackman and Sebastiano Vigna (prng.di.unimi.it, public domain).
#[derive(Default)]
pub(crate) struct Random(Cell<[u64; 4]>);

impl Random {
    /// Starts over from `seed`. All zeroes would stay zeroes for ever.
    pub(crate) fn seed(&self, seed: [u64; 4]) {
        self.0.set(if seed == [0; 4] { [1, 2, 3, 4] } else { seed });
    }

    fn next(&self) -> u64 {
        let [mut a, mut b, mut c, mut d] = self.0.get();
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = b << 17;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= shifted;
        self.0.set([a, b, c, d.rotate_left(45)]);
        result
    }

    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    fn fraction(&self) -> f64 {
        (self.next() >> 11) as f64 * STEP
    }

    fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
        bytes
    }
}

/// Replaces `Math.random` and adds `crypto`.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    let math = context.global_object().get(js_string!("Math"), context)?.to_object(context)?;
    let random =
        function(context, "random", 0, |_, _, context| Ok(Run::of(context).random.fraction().into()));
    define(&math, "random", random, context)?;
    let crypto = super::object(context);
    let uuid = function(context, "randomUUID", 0, |_, _, context| Ok(uuid(&Run::of(context).random).into()));
    define(&crypto, "randomUUID", uuid, context)?;
    let values = function(context, "getRandomValues", 1, random_values);
    define(&crypto, "getRandomValues", values, context)?;
    digest::install(&crypto, context)?;
    define(&context.global_object(), "crypto", crypto, context)
}

/// A version 4 UUID (RFC 9562, 5.4).
fn uuid(random: &Random) -> JsString {
    let mut bytes: [u8; 16] = random.bytes();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.into()
}

fn random_values(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let target = arguments.get_or_undefined(0);
    let array = target
        .as_object()
        .and_then(|object| JsTypedArray::from_object(object).ok())
        .ok_or_else(|| JsNativeError::typ().with_message("getRandomValues takes an integer typed array"))?;
    let (offset, length) = (array.byte_offset(context)?, array.byte_length(context)?);
    if length > MAX_RANDOM_BYTES {
        let message = format!("getRandomValues fills at most {MAX_RANDOM_BYTES} bytes at once");
        return Err(JsNativeError::range().with_message(message).into());
    }
    let buffer = array.buffer(context)?;
    let uint8 = context.intrinsics().constructors().typed_uint8_array().constructor();
    let view = uint8.construct(&[buffer, offset.into(), length.into()], None, context)?;
    let view = JsUint8Array::from_object(view)?;
    let run = Run::of(context);
    for index in 0..length {
        let [byte] = run.random.bytes::<1>();
        view.set(index, byte, true, context)?;
    }
    Ok(target.clone())
}

#[cfg(test)]
mod tests {
    use super::{Random, uuid};

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let (one, other) = (Random::default(), Random::default());
        one.seed([1, 2, 3, 4]);
        other.seed([1, 2, 3, 4]);
        assert_eq!((one.next(), one.next()), (11520, 0), "the reference implementation's first outputs");
        assert_eq!((other.next(), other.next()), (11520, 0));
        assert!((0..1000).all(|_| (0.0..1.0).contains(&one.fraction())));
    }

    #[test]
    fn a_uuid_names_its_version() {
        let random = Random::default();
        random.seed([1, 2, 3, 4]);
        let text = uuid(&random).to_std_string_escaped();
        assert_eq!((text.len(), &text[14..15]), (36, "4"), "{text}");
    }
}
