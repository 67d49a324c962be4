use bident::message;

#[message]
struct Login {
    #[field(traced = "user.password", secret)]
    password: String,
}

fn main() {}
