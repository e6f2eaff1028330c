//! What a Lambda costs that does nothing: no AWS client, no settings, no logs, a constant answer.

use lambda_http::{Body, Error, Request, Response, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::run(service_fn(answer)).await
}

async fn answer(_: Request) -> Result<Response<Body>, Error> {
    let response = Response::builder().header("content-type", "application/json; charset=utf-8");
    Ok(response.body(Body::from(r#"{"constant":true}"#))?)
}
