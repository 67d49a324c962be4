//! Certificates that change while the service runs.

use super::*;
use e2e::traces;

/// The certificate that a new connection is shown.
async fn shown(app: &Running, authorities: &[&Authority]) -> Option<usize> {
    for (index, authority) in authorities.iter().enumerate() {
        if connect(app.addr, authority, &["http/1.1"]).await.is_ok() {
            return Some(index);
        }
    }
    None
}

/// Connects until the certificate is that of the authority with this index.
async fn until(app: &Running, authorities: &[&Authority], wanted: usize) {
    bounded("the new certificate", async {
        while shown(app, authorities).await != Some(wanted) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn new_connections_get_the_new_certificate_and_old_ones_live_on() {
    let (first, second) = (Authority::new(), Authority::new());
    let folder = Folder::with(&first);
    let app = serve(&folder, "").await;
    let both = [&first, &second];
    assert_eq!(shown(&app, &both).await, Some(0));
    let old = connect(app.addr, &first, &["http/1.1"]).await.unwrap();

    folder.put(&second.sign("server", &["localhost"], &[]));
    until(&app, &both, 1).await;
    assert!(get(old, "/notes/old").await.ends_with(&json("old")));
    let new = connect(app.addr, &second, &["http/1.1"]).await.unwrap();
    assert!(get(new, "/notes/new").await.ends_with(&json("new")));
    app.stop().await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_swapped_link_is_noticed_as_kubernetes_swaps_it() {
    use std::os::unix::fs::symlink;

    let (first, second) = (Authority::new(), Authority::new());
    let (mounted, one, two) = (Folder::new(), Folder::with(&first), Folder::with(&second));
    let data = mounted.path("..data");
    symlink(one.path(""), &data).unwrap();
    for name in ["tls.crt", "tls.key"] {
        symlink(format!("..data/{name}"), mounted.path(name)).unwrap();
    }
    let app = serve(&mounted, "").await;
    let both = [&first, &second];
    assert_eq!(shown(&app, &both).await, Some(0));
    let next = mounted.path("..data_tmp");
    symlink(two.path(""), &next).unwrap();
    std::fs::rename(next, data).unwrap();
    until(&app, &both, 1).await;
}

#[tokio::test]
async fn files_that_cannot_be_used_change_nothing_and_are_named() {
    let (first, second) = (Authority::new(), Authority::new());
    let folder = Folder::with(&first);
    let app = serve(&folder, "").await;
    let both = [&first, &second];
    let logs = traces();

    let next = second.sign("server", &["localhost"], &[]);
    folder.write("tls.crt", &next.cert);
    let named = format!("{} is not the key of {}", folder.path("tls.key"), folder.path("tls.crt"));
    bounded("the log line", async {
        while !logs.events().iter().any(|event| event.field("error") == named) {
            assert_eq!(shown(&app, &both).await, Some(0));
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(shown(&app, &both).await, Some(0));
    folder.write("tls.key", &next.key);
    until(&app, &both, 1).await;
}
