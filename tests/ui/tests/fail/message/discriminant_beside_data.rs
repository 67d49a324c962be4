use bident::message;

#[message]
#[repr(u8)]
enum Contact {
    Email(String) = 5,
}

fn main() {}
