//! The pages of one tenant behind a function URL: wiring around `pages::router`, and nothing else.

mod environment;
mod scheduler;
mod site;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use lambda_http::Error;
use lambda_http::request::RequestContext;
use link_aws::Clients;
use pages::{Caller, router};

use environment::Variables;
use scheduler::Schedules;
use site::Tenant;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    link_aws::logs::start();
    let variables = Variables::read(|name| std::env::var(name).ok()).inspect_err(|error| tracing::error!(%error))?;
    for pair in &variables.refused_links {
        tracing::warn!(pair, "OTHER_LINKS holds what is no NAME=https://… pair");
    }
    let home =
        Clients::from_environment().platform(&variables.settings.tenant, &variables.state_bucket, &variables.secret_id);
    let schedules = Schedules::new(&variables.settings.tenant, variables.change_start);
    let site = Tenant::new(home, variables.sync_function, schedules);
    let app = router(site, variables.settings).layer(from_fn(with_caller));
    lambda_http::run(app).await
}

/// Who calls, and under which name these pages were reached, as AWS states them: no header has a say.
async fn with_caller(mut request: Request, next: Next) -> Response {
    if let Some(RequestContext::ApiGatewayV2(context)) = request.extensions().get::<RequestContext>() {
        let caller = Caller {
            origin: format!("https://{}", context.domain_name.as_deref().unwrap_or_default()),
            address: context.http.source_ip.clone().unwrap_or_default(),
        };
        request.extensions_mut().insert(caller);
    }
    next.run(request).await
}
