//! Doc comments as text.

/// The doc comment among `attrs`: its lines without the space after the slashes, joined, trimmed at both ends.
///
/// `#[doc = include_str!(..)]` is left out: its text is not known to a macro.
pub(crate) fn doc_text(attrs: &[syn::Attribute]) -> String {
    let mut lines = Vec::new();
    for attr in attrs {
        let syn::Meta::NameValue(pair) = &attr.meta else { continue };
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value else {
            continue;
        };
        if pair.path.is_ident("doc") {
            for line in text.value().lines() {
                lines.push(line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned());
            }
        }
    }
    lines.join("\n").trim().to_owned()
}
