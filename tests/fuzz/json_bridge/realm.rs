//! What the guest's JSON needs of its realm, from the guest's own files.

#[path = "../../../guest-runtime/src/realm/json/mod.rs"]
pub(crate) mod json;
#[path = "../../../guest-runtime/src/realm/objects.rs"]
mod objects;

use objects::{define, enumerable_keys, is_array, key_text, named, object};
