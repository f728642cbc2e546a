//! Bounds how deeply a text makes a parser recurse, before any parser sees it.
//!
//! One pass over the tokens that never recurses itself. It knows no grammar, only what can make a recursive
//! descent or a walk over its tree go deeper: brackets, prefixes and right-associative operators (*nest*), and
//! operators and member accesses, whose trees lean to the left (*links*). Each bracket counts its own and
//! forgets them where a statement or an element ends, so length alone is never refused.

use super::tokens::{Token, Tokens};

/// Left-leaning operators in one expression. The engine was seen to overflow 8 MiB of stack at 17,920; the
/// guest has 64 MiB.
const LINKS_MAX: usize = 10_000;
/// `<` without its `>` in one bracket: type arguments inside each other, or comparisons that only look so.
/// The parser tries each as type arguments, to the end: 1,000 cost it 0.4 s, 4,000 6.5 s.
const ANGLES_MAX: usize = 1_000;

/// Where a text goes too deep.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooDeep {
    /// Byte offset.
    pub(super) offset: usize,
    /// What there is too much of, for a model to read.
    pub(super) what: &'static str,
    /// How much is allowed.
    pub(super) bound: usize,
}

/// What one open bracket has counted since its last statement or element began.
#[derive(Clone, Copy, Default)]
struct Frame {
    nest: usize,
    links: usize,
    angles: usize,
    /// A statement may have ended: it has, unless `else` or an operator follows.
    ending: bool,
    /// Inside the dotted name of a namespace, where each dot is one more namespace.
    namespace: bool,
}

/// Sums over all open brackets.
#[derive(Default)]
struct Depth {
    open: Vec<Frame>,
    frame: Frame,
    nest: usize,
    links: usize,
    angles: usize,
}

/// Checks `text` against `bound` levels.
///
/// # Errors
/// The first place that is too deep.
pub(super) fn check(text: &str, bound: usize) -> Result<(), TooDeep> {
    let mut depth = Depth::default();
    for (offset, token) in Tokens::new(text) {
        depth.take(token);
        let excess = [
            (
                depth.open.len() + depth.nest,
                bound,
                "brackets, functions, branches and prefix operators inside each other",
            ),
            (depth.links, LINKS_MAX, "operators and member accesses in one expression"),
            (depth.angles, ANGLES_MAX, "`<` inside each other"),
        ];
        if let Some((_, bound, what)) = excess.into_iter().find(|(count, bound, _)| count > bound) {
            return Err(TooDeep { offset, what, bound });
        }
    }
    Ok(())
}

impl Depth {
    fn take(&mut self, token: Token) {
        self.end_statement(token);
        match token {
            Token::Open => self.open(),
            Token::Close => self.close(),
            Token::Prefix { .. } | Token::Else => self.add(1, 0),
            Token::Link | Token::Operand { .. } if self.frame.namespace => self.namespace(token),
            Token::Link => self.add(0, 1),
            Token::LinkOpen => {
                self.add(0, 1);
                self.open();
            }
            Token::Less { prefix } => {
                self.add(usize::from(prefix), 1);
                self.frame.angles += 1;
                self.angles += 1;
            }
            Token::Greater => {
                self.add(0, 1);
                let open = usize::from(self.frame.angles > 0);
                self.frame.angles -= open;
                self.angles -= open;
            }
            Token::Comma | Token::Case => self.forget(false),
            Token::Semicolon | Token::BlockEnd => {
                if token == Token::BlockEnd {
                    self.close();
                }
                self.frame.ending = true;
            }
            Token::Namespace => self.frame.namespace = true,
            Token::Operand { .. } => {}
        }
    }

    /// A statement that may have ended has, when what follows cannot go on with it.
    fn end_statement(&mut self, token: Token) {
        let goes_on = match token {
            Token::Else
            | Token::Link
            | Token::LinkOpen
            | Token::Less { .. }
            | Token::Greater
            | Token::Comma => true,
            Token::Close | Token::BlockEnd | Token::Semicolon => true,
            Token::Operand { fresh } | Token::Prefix { fresh } => !(fresh || self.frame.ending),
            _ => !self.frame.ending,
        };
        if !goes_on {
            self.forget(true);
        }
        self.frame.ending = false;
    }

    fn namespace(&mut self, token: Token) {
        if token == Token::Link {
            self.add(1, 0);
        }
    }

    fn add(&mut self, nest: usize, links: usize) {
        self.frame.nest += nest;
        self.frame.links += links;
        self.nest += nest;
        self.links += links;
    }

    /// Begins to count anew. A comma ends an element, and an element of type arguments stays inside them.
    fn forget(&mut self, angles: bool) {
        self.nest -= self.frame.nest;
        self.links -= self.frame.links;
        if angles {
            self.angles -= self.frame.angles;
        }
        let kept = if angles { 0 } else { self.frame.angles };
        self.frame = Frame { angles: kept, ..Frame::default() };
    }

    fn open(&mut self) {
        self.frame.namespace = false;
        self.open.push(self.frame);
        self.frame = Frame::default();
    }

    fn close(&mut self) {
        self.forget(true);
        self.frame = self.open.pop().unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::{TooDeep, check};

    const BOUND: usize = 500;

    /// What nests, once: what comes before the middle, and after it.
    const NESTS: [(&str, &str); 29] = [
        ("[", "]"),
        ("(", ")"),
        ("{", "}"),
        ("f(", ")"),
        ("`${", "}`"),
        ("!", ""),
        ("- -", ""),
        ("typeof ", ""),
        ("await ", ""),
        ("new ", ""),
        ("a ? b : ", ""),
        ("a ? ", " : b"),
        ("a => ", ""),
        ("async a => ", ""),
        ("2 ** ", ""),
        ("a = ", ""),
        ("if (a) ", ""),
        ("if (a) b; else ", ""),
        ("if (a) {} else ", ""),
        ("while (a) ", ""),
        ("for (;;) ", ""),
        ("do ", " while (a);"),
        ("a: ", ""),
        ("class extends ", "{}"),
        ("<any>", ""),
        ("class B extends\n", "{}"),
        ("for await (a of b)\n", ""),
        ("if (a)\n", ""),
        ("readonly ", ""),
    ];

    fn nested(nest: (&str, &str), times: usize) -> String {
        format!("{}x{}", nest.0.repeat(times), nest.1.repeat(times))
    }

    #[test]
    fn every_kind_of_nesting_is_bounded() {
        for nest in NESTS {
            assert!(check(&nested(nest, BOUND / 3), BOUND).is_ok(), "{nest:?}");
            assert!(check(&nested(nest, BOUND + 1), BOUND).is_err(), "{nest:?}");
            assert!(check(&nested(nest, 1_000_000), BOUND).is_err(), "{nest:?}");
        }
    }

    #[test]
    fn brackets_are_bounded_exactly() {
        for nest in &NESTS[..3] {
            assert_eq!(check(&nested(*nest, BOUND), BOUND), Ok(()));
            let offset = BOUND;
            let TooDeep { offset: at, bound, .. } = check(&nested(*nest, BOUND + 1), BOUND).unwrap_err();
            assert_eq!((at, bound), (offset, BOUND));
        }
    }

    #[test]
    fn chains_are_bounded_generously() {
        for link in ["1 + ", "a.", "f()().", "a || ", "a?.", "a[0].", "A.B | ", "a!.", "a as b as "] {
            assert!(check(&format!("{}x", link.repeat(2_000)), BOUND).is_ok(), "{link}");
            assert!(check(&format!("{}x", link.repeat(1_000_000)), BOUND).is_err(), "{link}");
        }
        assert!(check(&"A<".repeat(1_000_000), BOUND).is_err());
        assert!(check(&"A<B, ".repeat(1_000_000), BOUND).is_err());
        assert!(check(&format!("namespace {}x {{}}", "a.".repeat(1_000)), BOUND).is_err());
    }

    #[test]
    fn length_alone_is_never_refused() {
        let long = [
            "{ a: 1, b: [1, 2], c: x < 1 ? -1 : !y },\n",
            "const a = b + c * d - e.f.g(h)\n",
            "if (a < b) { f() } else if (c > d) { g() } else { h() }\n",
            "if (a) f();\n",
            "x = a ? b : c;\n",
            "// it's (((((\n/* \" [[[[ */ 'it\\'s ((((' ; \"((((\" ; `((((` ;\n",
            "f(/[(]\\/(/, 1 / 2, `a${b}(`);\n",
            "  name: string\n",
            "case 1: case 2: f()\n",
            "await f()\n",
            "interface A { f(x: Promise<Array<B>>): C<D>; y?: E }\n",
            "const f = async <T,>(x: T): Promise<T> => { return x }\n",
            "export const a = (x) => x\n",
            "@a b\n",
            "1,",
        ];
        for line in long {
            let text = format!("{{{}}}", line.repeat(20_000));
            assert_eq!(check(&text, BOUND), Ok(()), "{line}");
        }
        assert_eq!(check(&format!("'{}'", "(".repeat(1_000_000)), BOUND), Ok(()));
        assert_eq!(check(&"\n".repeat(100_000), BOUND), Ok(()));
    }
}
