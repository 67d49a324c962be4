//! Path templates as `google.api.http` writes them, parsed to segments and variables.
//!
//! The grammar is the one in `google/api/http.proto`: literals, `*`, `**` in the last place, `{a.b}`, `{name=shelves/*}`
//! and a closing `:verb`; `/` alone is the root. Nothing in here knows which message the variables belong to.

/// A parsed template.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Template<'t> {
    /// What each segment of a path must be. [`Segment::Rest`] stands in the last place only.
    pub(crate) segments: Vec<Segment>,
    /// The variables in the order in which they are written.
    pub(crate) variables: Vec<Variable<'t>>,
    /// What follows the colon that closes the template.
    pub(crate) verb: Option<&'t str>,
}

/// One segment of a template.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// This text, in the form that [`normalise`] gives.
    Literal(Box<[u8]>),
    /// Any one segment: `*`.
    One,
    /// Any number of segments, none among them: `**`.
    Rest,
}

/// A variable and the segments that it takes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Variable<'t> {
    /// `["book", "name"]` for `{book.name}`.
    pub(crate) path: Vec<&'t str>,
    pub(crate) span: Span,
}

/// The segments of a path that belong to a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The first segment.
    pub(crate) first: u16,
    /// The segment after the last one; `None` where the variable reaches to the end of the path.
    pub(crate) end: Option<u16>,
}

impl Variable<'_> {
    /// Whether the variable is one segment, so that an escaped slash in it is part of the value.
    pub(crate) fn is_single(&self) -> bool {
        self.span.end == Some(self.span.first + 1)
    }
}

impl<'t> Template<'t> {
    /// Parses a template.
    ///
    /// # Errors
    /// A text that says what is wrong with the template and what was expected.
    pub(crate) fn parse(text: &'t str) -> Result<Self, String> {
        let Some(body) = text.strip_prefix('/') else {
            return Err("a path template starts with `/`".to_owned());
        };
        let mut template = Self { segments: Vec::new(), variables: Vec::new(), verb: None };
        if body.is_empty() {
            return Ok(template);
        }
        if let Some(bad) = body.chars().find(|c| matches!(c, '?' | '#') || c.is_whitespace()) {
            return Err(format!("`{bad}` cannot stand in a path template"));
        }
        let (body, verb) = split_verb(body)?;
        template.verb = verb;
        let mut rest = body;
        loop {
            let after = if let Some(inside) = rest.strip_prefix('{') {
                let Some(close) = inside.find('}') else {
                    return Err(format!("`{{{inside}` has no closing `}}`"));
                };
                template.variable(&inside[..close])?;
                &inside[close + 1..]
            } else {
                let end = rest.find('/').unwrap_or(rest.len());
                template.segment(&rest[..end])?;
                &rest[end..]
            };
            if after.is_empty() {
                break;
            }
            rest = after.strip_prefix('/').ok_or_else(|| {
                format!("a variable is a whole segment: expected `/` before `{after}`")
            })?;
        }
        let last = template.segments.len() - 1;
        if template.segments[..last].contains(&Segment::Rest) {
            return Err("`**` must be the last segment".to_owned());
        }
        Ok(template)
    }

    fn variable(&mut self, inside: &'t str) -> Result<(), String> {
        let (name, pattern) = inside.split_once('=').unwrap_or((inside, "*"));
        let path: Vec<&str> = name.split('.').collect();
        if let Some(bad) = path.iter().find(|part| !is_identifier(part)) {
            return Err(format!("`{bad}` in `{{{inside}}}` is not a field name"));
        }
        for other in &self.variables {
            if other.path.starts_with(&path) || path.starts_with(&other.path) {
                let other = other.path.join(".");
                return Err(format!("`{{{name}}}` and `{{{other}}}` set the same field"));
            }
        }
        let first = self.segments.len();
        for segment in pattern.split('/') {
            if segment.contains('{') {
                return Err(format!("`{{{name}}}` holds another variable; they do not nest"));
            }
            self.segment(segment)?;
        }
        let index = |at: usize| {
            u16::try_from(at).map_err(|_| "a path template has at most 65,535 segments".to_owned())
        };
        let end = match self.segments.last() {
            Some(Segment::Rest) => None,
            _ => Some(index(self.segments.len())?),
        };
        self.variables.push(Variable { path, span: Span { first: index(first)?, end } });
        Ok(())
    }

    fn segment(&mut self, text: &str) -> Result<(), String> {
        self.segments.push(match text {
            "" => return Err("a segment is empty: no `//` and no `/` at the end".to_owned()),
            "*" => Segment::One,
            "**" => Segment::Rest,
            _ => {
                if let Some(bad) = text.chars().find(|c| matches!(c, '{' | '}' | '*' | ':')) {
                    return Err(format!(
                        "`{bad}` cannot stand inside the segment `{text}`: a wildcard or a variable is a whole segment, \
                         and a verb stands at the end"
                    ));
                }
                Segment::Literal(normalise(text.as_bytes()).into_boxed_slice())
            }
        });
        Ok(())
    }

    /// The path itself, in the form that [`normalise`] gives, where the template has no wildcard.
    pub(crate) fn literal(&self) -> Option<Vec<u8>> {
        let mut path = Vec::new();
        for segment in &self.segments {
            let Segment::Literal(text) = segment else { return None };
            path.push(b'/');
            path.extend_from_slice(text);
        }
        if path.is_empty() {
            path.push(b'/');
        }
        if let Some(verb) = self.verb {
            path.push(b':');
            path.extend_from_slice(verb.as_bytes());
        }
        Some(path)
    }
}

/// Splits `:verb` off. A colon inside braces, or before the last slash, belongs to its segment.
fn split_verb(body: &str) -> Result<(&str, Option<&str>), String> {
    let tail = body.rfind(['/', '}']).map_or(0, |at| at + 1);
    let Some(colon) = body[tail..].rfind(':').map(|at| tail + at) else {
        return Ok((body, None));
    };
    let verb = &body[colon + 1..];
    if verb.is_empty() || verb.contains(['{', '*', '=', '%']) {
        return Err(format!("expected a word after the colon, found `{verb}`"));
    }
    Ok((&body[..colon], Some(verb)))
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// One form for every spelling of the same path: escapes are decoded, but for those of `/` and `%`, which would become
/// something else. A `%` that begins no escape is as good as one that is escaped: left alone, it could begin one with what
/// is decoded behind it.
pub(crate) fn normalise(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        match escape_at(raw, at) {
            Some(byte @ (b'/' | b'%')) => {
                out.extend_from_slice(if byte == b'/' { b"%2F" } else { b"%25" });
                at += 3;
            }
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None if raw[at] == b'%' => {
                out.extend_from_slice(b"%25");
                at += 1;
            }
            None => {
                out.push(raw[at]);
                at += 1;
            }
        }
    }
    out
}

/// The byte that the escape at this place stands for, if there is a whole one.
pub(crate) fn escape_at(raw: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| (*raw.get(at)? as char).to_digit(16);
    (raw[at] == b'%').then_some(())?;
    u8::try_from(digit(at + 1)? * 16 + digit(at + 2)?).ok()
}
