//! The jailer's one message, and its reports: either refused, or the same when it is written and read again.

#![no_main]

use jail_spec::{JailSpec, Report, decode, encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(spec) = decode::<JailSpec>(bytes) {
        if spec.check().is_ok() {
            assert_ne!(spec.identity.outside_uid, 0);
            assert!(!spec.filter.is_empty());
        }
        // What was read in a short spelling may be too long in ours.
        if let Ok(written) = encode(&spec) {
            assert_eq!(decode::<JailSpec>(&written).as_ref(), Ok(&spec));
        }
    }
    if let Ok(report) = decode::<Report>(bytes)
        && let Ok(written) = encode(&report)
    {
        let again = decode::<Report>(&written).expect("what was written can be read");
        assert_eq!(written, encode(&again).expect("twice"));
    }
});
