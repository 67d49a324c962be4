#[bident::error_reason]
#[derive(Debug, thiserror::Error)]
enum Wrong {
    #[error("wrong")]
    #[error_reason(code = 404)]
    NotFound {
        source: std::io::Error,
        #[source]
        cause: std::io::Error,
    },
}

fn main() {}
