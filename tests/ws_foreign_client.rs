//! A WebSocket client the server shares no code with (tokio-tungstenite), and the command line's own client on top.

mod ws_support;

use futures_util::{SinkExt, StreamExt};
use hubwire_client::socket::{connect, SocketError, SocketMessage, Trust};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::protocol::{frame::coding::CloseCode, CloseFrame};
use tokio_tungstenite::tungstenite::Message;
use ws_support::server::TestServer;

#[tokio::test]
async fn messages_and_pings_come_back_and_the_close_is_clean() {
    let server = TestServer::echo();
    let (mut socket, _) = connect_async(format!("ws://{}/echo", server.address)).await.unwrap();
    for length in [0, 1, 125, 126, 65_535, 65_536, 1 << 20] {
        for sent in [Message::text("ü".repeat(length / 2)), Message::binary(vec![length as u8; length])] {
            socket.send(sent.clone()).await.unwrap();
            assert_eq!(socket.next().await.unwrap().unwrap(), sent);
        }
    }
    socket.send(Message::Ping("p".into())).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::Pong("p".into()));
    let frame = CloseFrame { code: CloseCode::Normal, reason: "done".into() };
    socket.close(Some(frame)).await.unwrap();
    let Some(Ok(Message::Close(Some(answer)))) = socket.next().await else { panic!("no close frame") };
    assert_eq!(answer.code, CloseCode::Normal);
    assert!(socket.next().await.is_none(), "the connection ends without an error");
}

#[tokio::test]
async fn a_thousand_messages_in_flight_come_back_in_order() {
    let server = TestServer::echo();
    let (socket, _) = connect_async(format!("ws://{}/echo", server.address)).await.unwrap();
    let (mut writer, mut reader) = socket.split();
    let send = async {
        for i in 0..1000 {
            writer.send(Message::text(format!("{i} {}", "x".repeat(i)))).await.unwrap();
        }
    };
    let read = async {
        for i in 0..1000 {
            assert_eq!(reader.next().await.unwrap().unwrap(), Message::text(format!("{i} {}", "x".repeat(i))));
        }
    };
    tokio::join!(send, read);
}

#[tokio::test]
async fn the_command_line_client_speaks_and_learns_how_it_ended() {
    let server = TestServer::echo();
    let url = format!("ws://{}/echo", server.address);
    let headers = [("Origin".to_owned(), "http://localhost".to_owned())];
    let (mut reader, mut writer, agreed) =
        connect(&url, &["hubwire.v1.json", "other"], &headers, &Trust::web()).await.unwrap();
    assert_eq!(agreed.as_deref(), Some("hubwire.v1.json"));
    writer.text("hello").await.unwrap();
    assert_eq!(reader.next().await.unwrap(), SocketMessage::Text("hello".into()));
    writer.binary(vec![1, 2].into()).await.unwrap();
    assert_eq!(reader.next().await.unwrap(), SocketMessage::Binary(vec![1, 2].into()));
    writer.close(4000, "enough").await.unwrap();
    assert_eq!(reader.next().await.unwrap(), SocketMessage::Closed { code: Some(4000), reason: String::new() });
}

#[tokio::test]
async fn the_command_line_client_says_why_it_could_not_connect() {
    let server = TestServer::echo();
    let Err(SocketError::Refused { status: 404, body, .. }) =
        connect(&format!("ws://{}/no", server.address), &[], &[], &Trust::web()).await
    else {
        panic!("not refused with 404")
    };
    assert!(body.contains("not_found"), "{body}");
    for url in ["ftp://localhost/", "http://localhost/", "no url"] {
        assert!(matches!(connect(url, &[], &[], &Trust::web()).await, Err(SocketError::Scheme(_))), "{url}");
    }
}
