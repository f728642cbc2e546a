//! From bytes to values.

use boa_engine::builtins::object::OrdinaryObject;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsArray;
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::string::JsStr;
use boa_engine::{Context, JsString, JsValue};

/// Names of properties that are remembered: rows of a table have the same ones.
const REMEMBERED: usize = 256;

/// Why a text is not JSON.
pub(crate) enum Invalid {
    /// It stops too early.
    End,
    /// Nested deeper than allowed.
    Depth,
    /// The byte at this place cannot stand there.
    At(usize),
}

/// The one value that `text` is: JSON as RFC 8259 has it, in UTF-8 or WTF-8.
pub(crate) fn value(text: &[u8], depth: usize, context: &mut Context) -> Result<JsValue, Invalid> {
    let mut reader = Reader { text, at: 0, depth, names: vec![None; REMEMBERED], context };
    let value = reader.value()?;
    reader.space();
    if reader.at < text.len() { Err(Invalid::At(reader.at)) } else { Ok(value) }
}

struct Reader<'a, 'b> {
    text: &'a [u8],
    at: usize,
    /// Levels that may still be opened.
    depth: usize,
    names: Vec<Option<(&'a [u8], PropertyKey)>>,
    context: &'b mut Context,
}

impl<'a> Reader<'a, '_> {
    fn value(&mut self) -> Result<JsValue, Invalid> {
        self.space();
        match self.peek()? {
            b'{' => self.nested(Self::object),
            b'[' => self.nested(Self::array),
            b'"' => Ok(self.string()?.into()),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word(b"true", true.into()),
            b'f' => self.word(b"false", false.into()),
            b'n' => self.word(b"null", JsValue::null()),
            _ => Err(Invalid::At(self.at)),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<JsValue, Invalid>) -> Result<JsValue, Invalid> {
        self.depth = self.depth.checked_sub(1).ok_or(Invalid::Depth)?;
        self.at += 1;
        let value = read(self)?;
        self.depth += 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<JsValue, Invalid> {
        // Objects made this way share their shape with all others of the same properties.
        let prototype = self.context.intrinsics().constructors().object().prototype();
        let object = JsObject::new(self.context.root_shape(), prototype, OrdinaryObject).upcast();
        if self.ends_with(b'}')? {
            return Ok(object.into());
        }
        loop {
            self.space();
            let name = self.name()?;
            self.space();
            self.take(b':')?;
            let value = self.value()?;
            object.insert_property(
                name,
                PropertyDescriptor::builder().value(value).writable(true).enumerable(true).configurable(true),
            );
            if self.ends_with(b'}')? {
                return Ok(object.into());
            }
            self.take(b',')?;
        }
    }

    fn array(&mut self) -> Result<JsValue, Invalid> {
        let mut elements = Vec::new();
        if !self.ends_with(b']')? {
            loop {
                elements.push(self.value()?);
                if self.ends_with(b']')? {
                    break;
                }
                self.take(b',')?;
            }
        }
        Ok(JsArray::from_iter(elements, self.context).into())
    }

    /// The name of a property, remembered when it is written plainly.
    fn name(&mut self) -> Result<PropertyKey, Invalid> {
        let start = self.at + 1;
        let string = match self.plain()? {
            None => return self.string().map(PropertyKey::from),
            Some(bytes) => bytes,
        };
        let hash = string.iter().fold(string.len(), |hash, &byte| hash.wrapping_mul(31) ^ usize::from(byte));
        let slot = hash % REMEMBERED;
        if let Some((known, key)) = &self.names[slot]
            && *known == string
        {
            return Ok(key.clone());
        }
        let key = PropertyKey::from(JsString::from(JsStr::latin1(string)));
        self.names[slot] = Some((&self.text[start..start + string.len()], key.clone()));
        Ok(key)
    }

    fn string(&mut self) -> Result<JsString, Invalid> {
        match self.plain()? {
            Some(bytes) => Ok(JsString::from(JsStr::latin1(bytes))),
            None => self.units().map(|units| JsString::from(units.as_slice())),
        }
    }

    /// A string of printable ASCII without escapes, or nothing taken.
    fn plain(&mut self) -> Result<Option<&'a [u8]>, Invalid> {
        if self.peek()? != b'"' {
            return Err(Invalid::At(self.at));
        }
        let start = self.at + 1;
        let rest = &self.text[start..];
        let length =
            rest.iter().position(|&byte| byte == b'"' || byte == b'\\' || !(0x20..0x80).contains(&byte));
        match length {
            Some(length) if rest[length] == b'"' => {
                self.at = start + length + 1;
                Ok(Some(&rest[..length]))
            }
            Some(_) => Ok(None),
            None => Err(Invalid::End),
        }
    }

    /// A string as UTF-16.
    fn units(&mut self) -> Result<Vec<u16>, Invalid> {
        let mut units = Vec::new();
        self.at += 1;
        loop {
            let byte = self.peek()?;
            match byte {
                b'"' => {
                    self.at += 1;
                    return Ok(units);
                }
                b'\\' => {
                    self.at += 1;
                    units.push(self.escape()?);
                }
                0..0x20 => return Err(Invalid::At(self.at)),
                0x20..0x80 => {
                    self.at += 1;
                    units.push(u16::from(byte));
                }
                _ => self.beyond_ascii(byte, &mut units)?,
            }
        }
    }

    fn escape(&mut self) -> Result<u16, Invalid> {
        let at = self.at;
        let byte = self.peek()?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => u16::from(byte),
            b'b' => 8,
            b'f' => 12,
            b'n' => 10,
            b'r' => 13,
            b't' => 9,
            b'u' => {
                let digits = self.text.get(self.at..self.at + 4).ok_or(Invalid::End)?;
                self.at += 4;
                digits.iter().try_fold(0, |unit, &digit| {
                    let digit = char::from(digit).to_digit(16).ok_or(Invalid::At(at))?;
                    Ok(unit << 4 | u16::try_from(digit).unwrap_or(0))
                })?
            }
            _ => return Err(Invalid::At(at)),
        })
    }

    /// One character of two to four bytes. Three may be a lone surrogate.
    fn beyond_ascii(&mut self, first: u8, units: &mut Vec<u16>) -> Result<(), Invalid> {
        let (length, mask) = match first {
            0xc2..=0xdf => (2, 0x1f),
            0xe0..=0xef => (3, 0x0f),
            0xf0..=0xf4 => (4, 0x07),
            _ => return Err(Invalid::At(self.at)),
        };
        let bytes = self.text.get(self.at..self.at + length).ok_or(Invalid::End)?;
        let code =
            bytes[1..].iter().fold(u32::from(first & mask), |code, &byte| code << 6 | u32::from(byte & 0x3f));
        self.at += length;
        match char::from_u32(code) {
            Some(character) => units.extend_from_slice(character.encode_utf16(&mut [0; 2])),
            None => units.push(u16::try_from(code).map_err(|_| Invalid::At(self.at))?),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<JsValue, Invalid> {
        let start = self.at;
        self.skip(b"-");
        match self.peek()? {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        let whole = self.at;
        if self.skip(b".") {
            self.digits()?;
        }
        if self.skip(b"eE") {
            self.skip(b"+-");
            self.digits()?;
        }
        let text = std::str::from_utf8(&self.text[start..self.at]).map_err(|_| Invalid::At(start))?;
        if self.at == whole
            && text != "-0"
            && let Ok(integer) = text.parse::<i32>()
        {
            return Ok(integer.into());
        }
        text.parse::<f64>().map(JsValue::from).map_err(|_| Invalid::At(start))
    }

    fn digits(&mut self) -> Result<(), Invalid> {
        let count = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count > 0 {
            return Ok(());
        }
        self.peek().and(Err(Invalid::At(self.at)))
    }

    fn word(&mut self, word: &[u8], value: JsValue) -> Result<JsValue, Invalid> {
        for &byte in word {
            self.take(byte)?;
        }
        Ok(value)
    }

    fn ends_with(&mut self, bracket: u8) -> Result<bool, Invalid> {
        self.space();
        let ends = self.peek()? == bracket;
        self.at += usize::from(ends);
        Ok(ends)
    }

    fn take(&mut self, wanted: u8) -> Result<(), Invalid> {
        if self.peek()? != wanted {
            return Err(Invalid::At(self.at));
        }
        self.at += 1;
        Ok(())
    }

    fn skip(&mut self, any: &[u8]) -> bool {
        let found = self.text.get(self.at).is_some_and(|byte| any.contains(byte));
        self.at += usize::from(found);
        found
    }

    fn space(&mut self) {
        while self.skip(b" \n\r\t") {}
    }

    fn peek(&self) -> Result<u8, Invalid> {
        self.text.get(self.at).copied().ok_or(Invalid::End)
    }
}
