//! `Math.cbrt`: the engine's is not quite 3 for 27.

use super::{define, function};
use boa_engine::{Context, JsArgs, JsResult, js_string};

/// Replaces it.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let math = context.global_object().get(js_string!("Math"), context)?.to_object(context)?;
    let cbrt = function(context, "cbrt", 1, |_, arguments, context| {
        Ok(cube_root(arguments.get_or_undefined(0).to_number(context)?).into())
    });
    define(&math, "cbrt", cbrt, context)
}

/// The C library's, and one step of Newton's where that is not exact.
fn cube_root(number: f64) -> f64 {
    let root = number.cbrt();
    if root == 0.0 || !root.is_finite() {
        return root;
    }
    root - (root * root * root - number) / (3.0 * root * root)
}

#[cfg(test)]
mod tests {
    use super::cube_root;

    #[test]
    fn roots_of_cubes_are_whole() {
        for number in [1.0_f64, 2.0, 3.0, 4.0, 5.0, 10.0, 100.0, -3.0] {
            assert_eq!(cube_root(number * number * number).to_bits(), number.to_bits(), "{number}");
        }
        assert!(cube_root(f64::NAN).is_nan() && cube_root(f64::INFINITY).is_infinite());
    }
}
