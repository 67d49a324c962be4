//! Forms that a generated client sends, to a server in Python that knows nothing of the kit.

use std::path::Path;

use anyhow::Result;
use bident::FormPart;
use bident::prelude::*;
use support::outside;
use support::process::Process;
use tokio::process::Command;

#[message(package = "forms.v1")]
struct Said {
    text: String,
}

#[service(package = "forms.v1")]
trait Forms {
    #[rpc(post = "/v1/forms", body = "*")]
    async fn send(&self, parts: Streaming<FormPart>) -> Said;
}

#[tokio::test]
async fn a_server_in_python_reads_the_form_of_a_client() -> Result<()> {
    if !outside::has("python3", &["-c", "import http.server"]) {
        return Ok(());
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../peers/python/forms.py");
    let mut command = Command::new("python3");
    command.arg(script);
    let server = Process::start(command).await?;
    let client = FormsClient::connect(format!("http://{}", server.addr())).await?;
    let piece = |data: Vec<u8>, more| FormPart {
        more,
        ..FormPart::file("film", "a \"film\".mp4", "video/mp4", data)
    };
    let parts = [
        FormPart::field("title", "Sky"),
        piece(vec![1; 100_000], true),
        piece(vec![2; 100_000], true),
        piece(Vec::new(), false),
        FormPart::file("none", "", "", ""),
    ];
    let said = client.send(parts.into_iter().collect()).await?;
    let lines: Vec<_> = said.text.lines().collect();
    assert_eq!(
        lines,
        [
            "/v1/forms multipart/form-data",
            "title, -, -, 3, 311",
            "film, a \"film\".mp4, video/mp4, 200000, 300000",
            "none, , -, 0, 0",
        ]
    );
    Ok(())
}
