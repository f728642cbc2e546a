//! Just enough of a lexer to tell what may nest from what is text: strings, templates, comments and regular
//! expressions are passed over.

/// What the nesting check needs to know of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// `(`, `[`, `{` or `${` that begins something.
    Open,
    /// `(` or `[` behind an operand: a call or an index.
    LinkOpen,
    /// `)` or `]`, or the `}` of `${`.
    Close,
    /// `}`.
    BlockEnd,
    /// What recurses to its right: `!`, `typeof`, `=>`, `?`, `:`, `=`, `**`, `if`, `extends`, …
    Prefix {
        /// As for an operand.
        fresh: bool,
    },
    /// `else`: goes on with a statement that seemed to have ended.
    Else,
    /// A binary operator, or `.`.
    Link,
    /// `<`; in front of an operand it is a type assertion.
    Less {
        /// Whether nothing stands before it that could be compared.
        prefix: bool,
    },
    /// `>`.
    Greater,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// `case` or `default`: begins a list of statements.
    Case,
    /// `namespace` or `module`.
    Namespace,
    /// A name, keyword or literal.
    Operand {
        /// On a new line right after another operand: a new statement, with the semicolon left out.
        fresh: bool,
    },
}

/// What the last token allows to follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// An operator or nothing: an operand follows, and `/` begins a regular expression.
    Operator,
    /// An operand: `/` divides.
    Operand,
    /// The `}` of something that may have been a block.
    Block,
    /// `if`, `for`, `while` or `with`: what follows their `)` is a statement.
    Head,
}

/// An open bracket, as far as a lexer must remember it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bracket {
    Plain,
    Head,
    Template,
}

/// The tokens of a text, with their byte offsets.
pub(super) struct Tokens<'t> {
    bytes: &'t [u8],
    at: usize,
    before: Before,
    newline: bool,
    /// As deep as the text: one byte each, and the check stops at its bound.
    brackets: Vec<Bracket>,
    /// The rest of a token that counts several times: `>>>`.
    again: Option<(Token, usize)>,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut tokens = Self {
            bytes: text.as_bytes(),
            at: 0,
            before: Before::Operator,
            newline: true,
            brackets: Vec::new(),
            again: None,
        };
        if text.starts_with("#!") {
            tokens.skip_line();
        }
        tokens
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn skip_line(&mut self) {
        while self.at < self.bytes.len() && !matches!(self.peek(0), b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// Passes over white space and comments.
    fn skip_blank(&mut self) {
        self.newline = false;
        loop {
            match (self.peek(0), self.peek(1)) {
                (b'\n' | b'\r', _) => {
                    self.newline = true;
                    self.at += 1;
                }
                (b' ' | b'\t' | 0x0b | 0x0c, _) => self.at += 1,
                (0xe2, 0x80) if matches!(self.peek(2), 0xa8 | 0xa9) => {
                    self.newline = true;
                    self.at += 3;
                }
                (0xef, 0xbb) | (0xc2, 0xa0) => self.at += if self.peek(0) == 0xef { 3 } else { 2 },
                (b'/', b'/') => self.skip_line(),
                (b'/', b'*') => self.skip_comment(),
                _ => return,
            }
        }
    }

    fn skip_comment(&mut self) {
        self.at += 2;
        while self.at < self.bytes.len() && !(self.peek(0) == b'*' && self.peek(1) == b'/') {
            self.newline |= self.peek(0) == b'\n';
            self.at += 1;
        }
        self.at += 2;
    }

    /// Passes over a string; one that is not closed ends with its line, as the parser will say.
    fn skip_string(&mut self, quote: u8) {
        self.at += 1;
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'\\' => self.at += 1,
                b'\n' => return,
                byte if byte == quote => {
                    self.at += 1;
                    return;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Passes over the text of a template: true if it stops at `${`.
    fn skip_template(&mut self) -> bool {
        while self.at < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (b'\\', _) => self.at += 1,
                (b'`', _) => {
                    self.at += 1;
                    return false;
                }
                (b'$', b'{') => {
                    self.at += 2;
                    return true;
                }
                _ => {}
            }
            self.at += 1;
        }
        false
    }

    /// Passes over a regular expression; false, and nothing is passed, if its line has no end for it.
    fn skip_regex(&mut self) -> bool {
        let (mut at, mut class) = (self.at + 1, false);
        loop {
            match self.bytes.get(at) {
                None | Some(b'\n' | b'\r') => return false,
                Some(b'\\') => at += 1,
                Some(b'[') => class = true,
                Some(b']') => class = false,
                Some(b'/') if !class => break,
                Some(_) => {}
            }
            at += 1;
        }
        self.at = at + 1;
        true
    }

    /// Whether a word here begins a statement, the semicolon before it being left out.
    fn fresh(&self) -> bool {
        self.newline && matches!(self.before, Before::Operand | Before::Block)
    }

    fn operand(&mut self) -> Token {
        let fresh = self.fresh();
        self.before = Before::Operand;
        Token::Operand { fresh }
    }

    fn template(&mut self) -> Token {
        if !self.skip_template() {
            self.before = Before::Operand;
            return Token::Operand { fresh: false };
        }
        self.brackets.push(Bracket::Template);
        self.before = Before::Operator;
        Token::Open
    }

    fn open(&mut self, byte: u8) -> Token {
        let head = self.before == Before::Head;
        let link = byte != b'{' && matches!(self.before, Before::Operand | Before::Block);
        self.brackets.push(if head { Bracket::Head } else { Bracket::Plain });
        self.before = Before::Operator;
        if link { Token::LinkOpen } else { Token::Open }
    }

    fn close(&mut self, byte: u8) -> Token {
        let bracket = self.brackets.pop();
        self.before = match (byte, bracket) {
            (b')', Some(Bracket::Head)) => Before::Operator,
            (b'}', _) => Before::Block,
            _ => Before::Operand,
        };
        if byte == b'}' { Token::BlockEnd } else { Token::Close }
    }

    fn word(&mut self) -> Token {
        let start = self.at;
        while matches!(self.peek(0), b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' | b'\\' | b'#' | 0x80..)
        {
            self.at += 1;
        }
        let word = &self.bytes[start..self.at];
        if start > 0 && self.bytes[start - 1] == b'.' && !word.first().is_some_and(u8::is_ascii_digit) {
            return self.operand();
        }
        let fresh = self.fresh();
        let (token, before) = match word {
            b"if" | b"for" | b"while" | b"with" => (Token::Prefix { fresh }, Before::Head),
            b"await" if self.before == Before::Head => return Token::Operand { fresh: false },
            b"do" | b"typeof" | b"void" | b"delete" | b"await" | b"yield" | b"new" | b"keyof" | b"infer"
            | b"asserts" | b"unique" | b"readonly" => (Token::Prefix { fresh }, Before::Operator),
            b"extends" => (Token::Prefix { fresh: false }, Before::Operator),
            b"else" => (Token::Else, Before::Operator),
            b"in" | b"instanceof" | b"of" | b"as" | b"satisfies" => (Token::Link, Before::Operator),
            b"case" | b"default" => (Token::Case, Before::Operator),
            b"namespace" | b"module" => (Token::Namespace, Before::Operator),
            b"class" => (Token::Operand { fresh }, Before::Operator),
            b"return" | b"throw" => (Token::Operand { fresh: true }, Before::Operator),
            _ => return self.operand(),
        };
        self.before = before;
        token
    }

    fn slash(&mut self) -> Token {
        let regex = match self.before {
            Before::Operand => false,
            Before::Block => self.newline,
            Before::Operator | Before::Head => true,
        };
        if regex && self.skip_regex() {
            return self.operand();
        }
        self.operator(1, Token::Link)
    }

    fn operator(&mut self, length: usize, token: Token) -> Token {
        self.at += length;
        self.before = Before::Operator;
        token
    }

    /// `+`, `-`, `!`, `~`: in front of an operand they nest; `++`, `--` and `!` may also stand behind one.
    fn sign(&mut self, byte: u8) -> Token {
        let behind = matches!(self.before, Before::Operand | Before::Block) && !self.newline;
        let twice = self.peek(1) == byte && byte != b'!';
        if byte == b'!' && self.peek(1) == b'=' {
            return self.operator(2, Token::Link);
        }
        if behind && (twice || byte == b'!') {
            self.at += if twice { 2 } else { 1 };
            return Token::Link;
        }
        let token = if self.before == Before::Operand { Token::Link } else { Token::Prefix { fresh: false } };
        self.operator(if twice { 2 } else { 1 }, token)
    }

    fn greater(&mut self) -> Token {
        let mut count = 1;
        while self.peek(count) == b'>' {
            count += 1;
        }
        self.again = (count > 1).then_some((Token::Greater, count - 1));
        let behind = self.before;
        let token = self.operator(count, Token::Greater);
        if behind == Before::Operand && matches!(self.peek(0), b'(' | b'`' | b'\n') {
            self.before = Before::Operand;
        }
        token
    }

    fn punctuation(&mut self, byte: u8) -> Token {
        match (byte, self.peek(1), self.peek(2)) {
            (b',', ..) => self.operator(1, Token::Comma),
            (b';', ..) => self.operator(1, Token::Semicolon),
            (b'.', b'.', b'.') => self.operator(3, Token::Operand { fresh: false }),
            (b'@', ..) => {
                let fresh = self.fresh();
                self.operator(1, Token::Operand { fresh })
            }
            (b'.', b'0'..=b'9', _) => self.word_after(1),
            (b'?', b'?' | b'.', _) => self.operator(2, Token::Link),
            (b'*', b'*', _) | (b'=', b'>', _) => self.operator(2, Token::Prefix { fresh: false }),
            (b'=', b'=', b'=') => self.operator(3, Token::Link),
            (b'=', b'=', _) => self.operator(2, Token::Link),
            (b'=' | b'?' | b':' | b'~', ..) => self.operator(1, Token::Prefix { fresh: false }),
            (b'+' | b'-' | b'!', ..) => self.sign(byte),
            (b'<', ..) => {
                let prefix = self.before == Before::Operator;
                self.operator(1, Token::Less { prefix })
            }
            (b'>', ..) => self.greater(),
            _ => self.operator(1, Token::Link),
        }
    }

    fn word_after(&mut self, skipped: usize) -> Token {
        self.at += skipped;
        let token = self.word();
        self.before = Before::Operand;
        token
    }
}

impl Iterator for Tokens<'_> {
    type Item = (usize, Token);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some((token, left)) = self.again {
            self.again = (left > 1).then_some((token, left - 1));
            return Some((self.at - 1, token));
        }
        self.skip_blank();
        let start = self.at;
        let byte = *self.bytes.get(start)?;
        let token = match byte {
            b'"' | b'\'' => {
                self.skip_string(byte);
                self.operand()
            }
            b'`' => {
                self.at += 1;
                self.template()
            }
            b'(' | b'[' | b'{' => {
                self.at += 1;
                self.open(byte)
            }
            b'}' if self.brackets.last() == Some(&Bracket::Template) => {
                self.at += 1;
                self.brackets.pop();
                self.again_template()
            }
            b')' | b']' | b'}' => {
                self.at += 1;
                self.close(byte)
            }
            b'/' => self.slash(),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' | b'\\' | b'#' | 0x80.. => self.word(),
            _ => self.punctuation(byte),
        };
        Some((start, token))
    }
}

impl Tokens<'_> {
    /// Behind the `}` of a substitution the template goes on: to its end, or to the next `${`.
    fn again_template(&mut self) -> Token {
        if self.template() == Token::Open {
            self.again = Some((Token::Open, 1));
        }
        Token::Close
    }
}
