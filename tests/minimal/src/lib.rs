//! The macros need the package `bident` alone, without any of its features: what they expand to names nothing else.

use bident::prelude::*;

/// A request.
#[message]
pub struct HelloRequest {
    /// Who is greeted.
    pub name: String,
}

/// A reply.
#[message]
pub struct HelloReply {
    /// The greeting.
    pub message: String,
}

/// What goes wrong.
#[error_reason(domain = "helloworld.v1")]
#[derive(Debug)]
pub enum GreeterError {
    /// Nobody has this name.
    #[error_reason(code = 404)]
    UserNotFound {
        /// Which.
        name: String,
    },
}

impl std::fmt::Display for GreeterError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no such user")
    }
}

/// A service.
#[derive(Default)]
pub struct Greeter;

#[service(package = "helloworld.v1", linked)]
impl Greeter {
    /// Says hello.
    ///
    /// # Errors
    /// To ghosts.
    #[rpc(get = "/helloworld/{name}", post = "/v1/hello")]
    #[traced(fields(user.name = %req.name))]
    pub async fn say_hello(&self, req: HelloRequest) -> Result<HelloReply, GreeterError> {
        if req.name == "ghost" {
            return Err(GreeterError::UserNotFound { name: req.name });
        }
        Ok(HelloReply { message: format!("Hello {}", req.name) })
    }

    /// Says it to many.
    #[rpc]
    pub async fn greet(&self, names: Vec<String>, loud: bool) -> HelloReply {
        let mark = if loud { "!" } else { "" };
        HelloReply { message: names.join(", ") + mark }
    }
}

#[cfg(test)]
mod tests {
    use bident::service::Service as _;

    #[test]
    fn everything_is_described() {
        let methods = super::Greeter::SPEC.methods;
        let names: Vec<_> = methods.iter().map(|method| method.operation).collect();
        assert_eq!(names, ["/helloworld.v1.Greeter/SayHello", "/helloworld.v1.Greeter/Greet"]);
        let paths: Vec<_> = methods[0].bindings.iter().map(|binding| binding.path).collect();
        assert_eq!(paths, ["/helloworld/{name}", "/v1/hello"]);
    }

    #[test]
    #[deny(warnings)]
    fn everything_may_stand_inside_a_function() {
        use bident::prelude::*;

        #[message]
        struct Ping {
            at: u32,
        }

        #[error_reason(code = 404)]
        #[derive(Debug)]
        struct Gone;

        impl std::fmt::Display for Gone {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("gone")
            }
        }

        struct Local;

        #[service(package = "local.v1")]
        impl Local {
            #[rpc(get = "/local/{at}")]
            async fn ping(&self, at: u32) -> Result<Ping, Gone> {
                Ok(Ping { at })
            }

            #[rpc]
            async fn pong(&self, ping: Ping) -> Result<Ping, Gone> {
                if ping.at == 0 { Err(Gone) } else { Ok(ping) }
            }
        }

        assert_eq!(Local::SPEC.methods.len(), 2);
    }
}
