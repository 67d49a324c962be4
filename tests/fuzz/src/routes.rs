//! Path templates and the table of routes, held against the plainest reading of the rules: try every template.

use std::collections::HashSet;
use std::ops::Range;

use bident::__fuzzing::{Found, Part, Routes, Template};
use http::Method;

/// An input is lines of `VERB template`, an empty line, and lines of `VERB path`.
pub fn routes(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (templates, paths) = text.split_once("\n\n").unwrap_or((text, ""));

    let mut entries: Vec<Entry> = Vec::new();
    let mut shapes = HashSet::new();
    let mut doubled = None;
    for line in templates.lines().take(32) {
        let Some((verb, text)) = line.split_once(' ') else { continue };
        let Ok(template) = Template::parse(text) else {
            assert!(Routes::new([("GET", text)]).is_err(), "a table takes what does not parse");
            continue;
        };
        printed_and_parsed(&template, text);
        let method = match verb {
            "*" => None,
            _ => match Method::from_bytes(verb.as_bytes()) {
                Ok(method) => Some(method),
                Err(_) => continue,
            },
        };
        let entry = Entry { verb, text, method, template };
        if shapes.insert(entry.shape()) {
            entries.push(entry);
        } else {
            doubled = Some((verb, text));
        }
    }

    let bindings = || entries.iter().map(|entry| (entry.verb, entry.text));
    if let Some(doubled) = doubled {
        let both = Routes::new(bindings().chain([doubled]));
        assert!(both.is_err(), "{doubled:?} answers the same paths as another");
    }
    let table = match Routes::new(bindings()) {
        Ok(table) => table,
        Err(mistakes) => panic!("no two are alike, and yet: {mistakes:?}"),
    };
    for line in paths.lines().take(32) {
        let Some((verb, path)) = line.split_once(' ') else { continue };
        let Ok(method) = Method::from_bytes(verb.as_bytes()) else { continue };
        let found = table.find(&method, path);
        assert_eq!(found, tried(&entries, &method, path), "{method} {path}");
    }
}

struct Entry<'t> {
    verb: &'t str,
    text: &'t str,
    method: Option<Method>,
    template: Template,
}

impl Entry<'_> {
    /// What no two entries may share.
    fn shape(&self) -> (Option<Method>, Result<Vec<u8>, String>) {
        let template = &self.template;
        let shape = match &template.literal {
            Some(path) => Ok(path.clone()),
            None => Err(format!("{:?}:{:?}", template.segments, template.verb)),
        };
        (self.method.clone(), shape)
    }
}

/// A template that is written out again is the same template.
fn printed_and_parsed(template: &Template, text: &str) {
    let printed = print(template);
    match Template::parse(&printed) {
        Ok(again) => assert_eq!(*template, again, "{text} as {printed}"),
        Err(why) => panic!("{text} as {printed}: {why}"),
    }
}

fn print(template: &Template) -> String {
    let parts: Vec<String> = template.segments.iter().map(part).collect();
    let mut out = String::new();
    let mut variables = template.variables.iter().peekable();
    let mut at = 0;
    while at < parts.len() {
        out.push('/');
        let variable = variables.next_if(|(_, first, _)| usize::from(*first) == at);
        let Some((path, _, end)) = variable else {
            out.push_str(&parts[at]);
            at += 1;
            continue;
        };
        let end = end.map_or(parts.len(), usize::from);
        out.push_str(&format!("{{{}={}}}", path.join("."), parts[at..end].join("/")));
        at = end;
    }
    assert!(variables.next().is_none(), "a variable without a place");
    if out.is_empty() {
        out.push('/');
    }
    if let Some(verb) = &template.verb {
        out.push(':');
        out.push_str(verb);
    }
    out
}

fn part(part: &Part) -> String {
    match part {
        Part::One => "*".to_owned(),
        Part::Rest => "**".to_owned(),
        Part::Literal(text) => text
            .iter()
            .map(|&byte| match byte {
                // The escapes that one form for all spellings keeps.
                b'%' => "%".to_owned(),
                _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            })
            .collect(),
    }
}

/// What trying every template finds.
fn tried(entries: &[Entry<'_>], method: &Method, path: &str) -> Found {
    let matches: Vec<_> = entries
        .iter()
        .enumerate()
        .filter_map(|(index, entry)| Some((fits(&entry.template, path)?, entry, index)))
        .collect();
    let best = matches
        .iter()
        .filter_map(|((rank, captures), entry, index)| {
            let method = match &entry.method {
                Some(own) if own == method => 2,
                Some(get) if get == Method::GET && method == Method::HEAD => 1,
                Some(_) => return None,
                None => 0,
            };
            Some(((rank, method), captures, index))
        })
        .max_by(|left, right| left.0.cmp(&right.0));
    match best {
        Some((_, captures, index)) => Found::Route(*index, captures.clone()),
        None if matches.is_empty() => Found::Nothing,
        None => Found::OtherMethods,
    }
}

/// How specific a match is: whole and literal, with a verb, and segment by segment.
type Rank = (bool, bool, Vec<u8>);

/// How specific a template is for a path, and what its variables take; `None` where it does not have the path.
fn fits(template: &Template, path: &str) -> Option<(Rank, Vec<Range<usize>>)> {
    if let Some(literal) = &template.literal
        && template.variables.is_empty()
    {
        let same = one_form(path.as_bytes()) == *literal;
        return same.then(|| ((true, false, Vec::new()), Vec::new()));
    }
    let mut segments = Vec::new();
    let mut start = 1;
    if path != "/" {
        for segment in path.strip_prefix('/')?.split('/') {
            if segment.is_empty() {
                return None;
            }
            segments.push(start..start + segment.len());
            start += segment.len() + 1;
        }
    }
    if let Some(verb) = &template.verb {
        let last = segments.last_mut()?;
        let (before, after) = path[last.clone()].rsplit_once(':')?;
        if before.is_empty() || after != verb {
            return None;
        }
        last.end = last.start + before.len();
    }
    let rank = rank(template, path, &segments)?;
    let captures = template.variables.iter().map(|(_, first, end)| {
        let end = end.map_or(segments.len(), usize::from);
        match segments.get(usize::from(*first)..end) {
            Some([first, .., last]) => first.start..last.end,
            Some([only]) => only.clone(),
            _ => 0..0,
        }
    });
    Some(((false, template.verb.is_some(), rank), captures.collect()))
}

fn rank(template: &Template, path: &str, segments: &[Range<usize>]) -> Option<Vec<u8>> {
    let mut rank = Vec::new();
    let mut rest = segments.iter();
    for part in &template.segments {
        if *part == Part::Rest {
            return Some(rank);
        }
        let segment = path[rest.next()?.clone()].as_bytes();
        rank.push(match part {
            Part::Literal(text) if one_form(segment) == *text => 2,
            Part::Literal(_) => return None,
            Part::One | Part::Rest => 1,
        });
    }
    // Ending exactly here says more than taking whatever may follow.
    rank.push(0);
    rest.next().is_none().then_some(rank)
}

/// The bytes that a path stands for, with `/` and `%` that were escaped told from those that were not.
fn one_form(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = raw;
    while let [first, after @ ..] = rest {
        let escaped = match after {
            [high, low, ..] if *first == b'%' => std::str::from_utf8(&[*high, *low])
                .ok()
                .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
                .and_then(|digits| u8::from_str_radix(digits, 16).ok()),
            _ => None,
        };
        rest = if escaped.is_some() { &after[2..] } else { after };
        match escaped.unwrap_or(*first) {
            b'/' if escaped.is_some() => out.extend_from_slice(b"%2F"),
            // One that begins no escape stands for itself, like one that is escaped.
            b'%' => out.extend_from_slice(b"%25"),
            byte => out.push(byte),
        }
    }
    out
}
