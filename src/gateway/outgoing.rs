//! What is sent back: a whole body, or one that is made while it is read.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

/// The body of a response.
pub(super) enum Outgoing {
    /// All of it.
    Whole(Full<Bytes>),
    /// Pieces as they come; whoever makes them waits until they are taken.
    Stream(mpsc::Receiver<Piece>),
}

/// A piece of a stream.
pub(super) enum Piece {
    /// Some of it.
    Bytes(Bytes),
    /// That was all. A stream that ends without it was cut off, and the client is to see that.
    End,
}

/// A stream that ended before its end.
#[derive(Debug, thiserror::Error)]
#[error("the answer was cut off")]
pub(super) struct CutOff;

impl Body for Outgoing {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        match &mut *self {
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(|never: Infallible| match never {}),
            Self::Stream(pieces) => pieces.poll_recv(context).map(|piece| match piece {
                Some(Piece::Bytes(bytes)) => Some(Ok(Frame::data(bytes))),
                Some(Piece::End) => None,
                None => Some(Err(CutOff)),
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}
