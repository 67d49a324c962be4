//! What the user derives, always or under a condition, is not added; what is skipped is the user's to write.

use bident::message;

#[message]
#[derive(Debug, Clone, PartialEq, Default)]
struct All {
    name: String,
}

#[message]
#[cfg_attr(all(), derive(Debug, Default))]
#[cfg_attr(any(), derive(Clone, PartialEq))]
struct Conditional {
    name: String,
}

#[message(skip(Debug, Default))]
struct Own {
    #[field(secret)]
    name: String,
}

impl std::fmt::Debug for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("own")
    }
}

impl Default for Own {
    fn default() -> Self {
        Self { name: "default".to_owned() }
    }
}

#[message(skip(Default))]
#[derive(Default)]
enum Color {
    Red,
    #[default]
    Blue,
}

fn main() {
    assert_eq!(All::default().clone(), All::default());
    assert_eq!(Conditional::default().clone(), Conditional::default());
    assert_eq!(format!("{:?} {:?}", Own::default(), Conditional::default()), "own Conditional { name: \"\" }");
    assert_eq!(Own::default().name, "default");
    assert_eq!(Color::default(), Color::Blue);
}
