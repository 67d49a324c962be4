//! Path templates as `google.api.http` writes them, read to the end: `/v1/{name=shelves/*}/books/{book.id}:move`.
//!
//! `Template = "/" Segments [":" Verb]`, `Segment = "*" | "**" | literal | "{" path ["=" Segments] "}"`.

use crate::shared::case::is_identifier;

/// A template that keeps every rule.
pub(crate) struct Template {
    pub(crate) text: String,
    /// The paths of its variables: `["book", "id"]`.
    pub(crate) variables: Vec<Vec<String>>,
    /// The template with its variables' names taken out: two templates with one shape match the same paths.
    pub(crate) shape: String,
}

/// Reads a template; the mistake names the segment.
pub(crate) fn parse(text: &str) -> Result<Template, String> {
    let Some(rest) = text.strip_prefix('/') else {
        return Err(format!("a path starts with `/`: write `/{text}`"));
    };
    let mut variables = Vec::new();
    let mut shape = Vec::new();
    if !rest.is_empty() {
        let (path, verb) = split_verb(rest);
        segments(path, Some(&mut variables), &mut shape)?;
        check_wildcards(&shape)?;
        check_variables(&variables)?;
        if let Some(verb) = verb {
            literal(verb)
                .map_err(|wrong| format!("the verb `:{verb}` of the path template: {wrong}"))?;
            shape.push(format!(":{verb}"));
        }
    }
    Ok(Template { text: text.to_owned(), variables, shape: format!("/{}", shape.join("/")) })
}

/// Splits `books/{id}:move` at the colon that follows the last segment's last brace.
fn split_verb(path: &str) -> (&str, Option<&str>) {
    let last = path.rfind(['/', '}']).map_or(0, |at| at + 1);
    match path[last..].find(':') {
        Some(colon) => (&path[..last + colon], Some(&path[last + colon + 1..])),
        None => (path, None),
    }
}

/// Reads segments; `variables` is `None` inside a variable, where no other may stand.
fn segments(
    text: &str,
    mut variables: Option<&mut Vec<Vec<String>>>,
    shape: &mut Vec<String>,
) -> Result<(), String> {
    for segment in split_segments(text)? {
        if segment.is_empty() {
            return Err(format!("the path template has an empty segment in `{text}`"));
        }
        if segment == "*" || segment == "**" {
            shape.push(segment.to_owned());
        } else if let Some(inner) = segment.strip_prefix('{') {
            let Some(inner) = inner.strip_suffix('}') else {
                return Err(format!("segment `{segment}`: a variable is a whole segment"));
            };
            let Some(variables) = &mut variables else {
                return Err(format!("segment `{segment}`: a variable cannot stand inside another"));
            };
            variable(segment, inner, variables, shape)?;
        } else {
            literal(segment).map_err(|wrong| format!("segment `{segment}`: {wrong}"))?;
            shape.push(segment.to_owned());
        }
    }
    Ok(())
}

/// Splits at the slashes outside braces.
fn split_segments(text: &str) -> Result<Vec<&str>, String> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_u32);
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                return Err(format!("`}}` closes nothing in `{text}`"));
            }
            '}' => depth -= 1,
            '/' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if depth > 0 {
        return Err(format!("a `{{` is not closed in `{text}`"));
    }
    parts.push(&text[start..]);
    Ok(parts)
}

fn variable(
    segment: &str,
    inner: &str,
    variables: &mut Vec<Vec<String>>,
    shape: &mut Vec<String>,
) -> Result<(), String> {
    let (path, pattern) =
        inner.split_once('=').map_or((inner, None), |(path, pattern)| (path, Some(pattern)));
    let names: Vec<String> = path.split('.').map(str::to_owned).collect();
    if let Some(wrong) = names.iter().find(|name| !is_identifier(name)) {
        return Err(format!("segment `{segment}`: `{wrong}` is not the name of a field"));
    }
    variables.push(names);
    match pattern {
        Some(pattern) => segments(pattern, None, shape),
        None => {
            shape.push("*".to_owned());
            Ok(())
        }
    }
}

fn literal(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("expected a name".to_owned());
    }
    match text.chars().find(|c| !c.is_ascii_alphanumeric() && !"-._~!$&'()+,;=@%".contains(*c)) {
        Some(':') => Err("`:verb` stands at the very end".to_owned()),
        Some('*') => Err("`*` and `**` are whole segments".to_owned()),
        Some('{' | '}') => Err("a variable is a whole segment".to_owned()),
        Some(other) => Err(format!("`{other}` cannot stand in a path")),
        None => Ok(()),
    }
}

fn check_wildcards(shape: &[String]) -> Result<(), String> {
    match shape.iter().position(|segment| segment == "**") {
        Some(at) if at + 1 < shape.len() => {
            Err("`**` matches all the rest of a path: it is the last segment".to_owned())
        }
        _ => Ok(()),
    }
}

fn check_variables(variables: &[Vec<String>]) -> Result<(), String> {
    for (at, one) in variables.iter().enumerate() {
        for other in &variables[..at] {
            if one == other {
                return Err(format!("the variable `{}` is there twice", one.join(".")));
            }
            if one.starts_with(other) || other.starts_with(one) {
                let (one, other) = (one.join("."), other.join("."));
                return Err(format!("the variables `{other}` and `{one}` overlap"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn shape(text: &str) -> String {
        parse(text).map_or_else(|wrong| format!("error: {wrong}"), |template| template.shape)
    }

    #[test]
    fn shapes_leave_out_names() {
        for (text, expected) in [
            ("/", "/"),
            ("/v1/books", "/v1/books"),
            ("/v1/{id}", "/v1/*"),
            ("/v1/{id=*}", "/v1/*"),
            ("/v1/{book.id}:move", "/v1/*/:move"),
            ("/v1/{name=shelves/*}/x", "/v1/shelves/*/x"),
            ("/v1/{name=shelves/*/books/**}", "/v1/shelves/*/books/**"),
            ("/v1/books:batch", "/v1/books/:batch"),
            ("/**", "/**"),
        ] {
            assert_eq!(shape(text), expected, "{text}");
        }
    }

    #[test]
    fn mistakes_name_the_segment() {
        for (text, expected) in [
            ("v1", "starts with `/`"),
            ("/v1/", "empty segment"),
            ("/v1//x", "empty segment"),
            ("/v1/{id", "not closed"),
            ("/v1/id}", "closes nothing"),
            ("/v1/x{id}", "segment `x{id}`: a variable is a whole segment"),
            ("/v1/{id}x", "segment `{id}x`: a variable is a whole segment"),
            ("/v1/{1d}", "segment `{1d}`: `1d` is not the name"),
            ("/v1/{}", "is not the name"),
            ("/v1/{a={b}}", "inside another"),
            ("/v1/{a=}", "empty segment"),
            ("/v1/**/x", "last segment"),
            ("/v1/{a=**}/x", "last segment"),
            ("/v1/a*", "segment `a*`: `*` and `**` are whole segments"),
            ("/v1/a:b/c", "segment `a:b`: `:verb` stands at the very end"),
            ("/v1/a:", "the verb `:`"),
            ("/v1/a b", "segment `a b`: ` ` cannot stand in a path"),
            ("/v1/a?b=c", "`?` cannot stand in a path"),
            ("/v1/{a}/{a}", "twice"),
            ("/v1/{a}/{a.b}", "overlap"),
        ] {
            let found = shape(text);
            assert!(found.contains(expected), "{text}: {found}");
        }
    }
}
