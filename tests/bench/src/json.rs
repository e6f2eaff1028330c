//! Reading and changing JSON, with errors that say what was looked for.

use anyhow::{Context, Result};
use serde_json::Value;

/// A property that must be there.
pub(crate) fn at<'a>(value: &'a Value, pointer: &str) -> Result<&'a Value> {
    value.pointer(pointer).with_context(|| format!("no {pointer} in {value}"))
}

/// Replaces a property that must be there.
pub(crate) fn set(value: &mut Value, pointer: &str, new: impl Into<Value>) -> Result<()> {
    let place = value.pointer_mut(pointer).with_context(|| format!("no {pointer} in an event"))?;
    *place = new.into();
    Ok(())
}
