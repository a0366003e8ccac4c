//! `gannet serve`

use std::{
    net::SocketAddr,
    pin::pin,
    process::ExitCode,
    sync::Arc,
    time::{Duration, SystemTime},
};

use adapters::telegram::BotApi;
use app::paths;
use contract::auth::Signups;
use services::{Services, ingest::Ingest, instance, sandbox::Sandbox};
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    boot::{self, Database, Keys, Outbox, Workers},
    cli::Role,
    config::{Config, DatabaseConfig},
    http::{
        accept::{self, Limits},
        blocks,
        metrics::{self, Figures, Metrics},
        ports::Mailbox,
        router::{self, Plugs},
        static_files::Site,
        web::Web,
    },
    postgres::Wanted,
    refusal::Refusal,
    sandbox::InProcess,
    telemetry,
};

/// Longest wait for requests whose clients have gone.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// The address for figures is for a program or two.
const WATCHED: Limits = Limits {
    connections: 64,
    first_request: Duration::from_secs(10),
    next_request: Duration::from_secs(75),
    drain: Duration::from_secs(2),
};

/// Runs web and worker, or one of them, until told to stop.
///
/// # Errors
/// One line that says what to do: settings, port, database, keys, files.
pub async fn serve(config: Config, role: Option<Role>) -> Result<ExitCode, Refusal> {
    telemetry::begin(&config.log);
    let mut stopped = pin!(boot::told_to_stop()?);
    if role.is_some() && config.database == DatabaseConfig::Embedded {
        return Err(Refusal::new(
            "--role is for several processes on one PostgreSQL, and gannet's own serves one \
             process; set the three DATABASE_… addresses, or leave --role out",
        ));
    }
    // The port first: a second start fails in a moment, and not after a migration.
    let listener = match role {
        Some(Role::Worker) => None,
        Some(Role::Web) | None => Some(listen("LISTEN", config.web.listen).await?),
    };
    let watched = match config.metrics.listen {
        Some(address) => Some(listen("METRICS_LISTEN", address).await?),
        None => None,
    };
    let doors = Doors { web: listener, metrics: watched };
    let site = Site::open(config.web.site.as_deref())?;
    if site.is_missing() && doors.web.is_some() {
        warn!("this build holds no static files: pages come bare; set GANNET_SITE");
    }
    let mut opening = pin!(Database::open(&config, Wanted::Alone));
    let database = tokio::select! {
        database = &mut opening => database?,
        why = &mut stopped => {
            say_stopped_early(why);
            // Ours is left when it is complete. Theirs may never answer.
            if config.database == DatabaseConfig::Embedded && let Ok(database) = opening.await {
                database.close().await;
            }
            return Ok(ExitCode::SUCCESS);
        }
    };
    // From here on the database is to be closed whatever happens.
    let outcome = tokio::select! {
        running = start(&config, role, doors, site, &database) => match running {
            Ok(running) => {
                println!("Gannet is ready at {}", config.web.base_url.origin());
                if let Some(link) = &running.setup {
                    println!("Nobody looks after this instance yet. Whoever does opens {link}");
                }
                running.stop(stopped.await).await;
                Ok(ExitCode::SUCCESS)
            }
            Err(refusal) => Err(refusal),
        },
        why = &mut stopped => {
            say_stopped_early(why);
            Ok(ExitCode::SUCCESS)
        }
    };
    database.close().await;
    outcome
}

fn say_stopped_early(why: &str) {
    info!("{why}: gannet stops before it has started (again: at once)");
}

/// Where people and programs come in.
struct Doors {
    web: Option<TcpListener>,
    metrics: Option<TcpListener>,
}

/// What runs, and what ends it.
struct Running {
    drain: CancellationToken,
    web: Option<(Web, JoinHandle<()>)>,
    /// `/metrics` on an address of its own.
    metrics: Option<JoinHandle<()>>,
    workers: Option<Workers>,
    /// Puts on record what requests were refused.
    refusals: JoinHandle<()>,
    /// Pauses broadcasts that nobody sends, for want of an instance that does.
    watch: JoinHandle<()>,
    /// Where the first admin of the instance goes, as long as there is none.
    setup: Option<String>,
}

impl Running {
    async fn stop(self, why: &str) {
        info!("{why}: running requests end, then gannet stops (again: at once)");
        self.drain.cancel();
        if let Some((web, serving)) = self.web {
            // A panic in the accept loop has been logged by its own hook.
            let _ = serving.await;
            web.tasks.close();
            if timeout(LONGEST_REST, web.tasks.wait()).await.is_err() {
                warn!("requests were cut off at shutdown");
            }
        }
        if let Some(metrics) = self.metrics {
            let _ = metrics.await;
        }
        if let Some(workers) = self.workers {
            workers.stop().await;
        }
        // Requests have ended: what they were refused is all there is.
        let _ = timeout(LONGEST_REST, self.refusals).await;
        let _ = timeout(LONGEST_REST, self.watch).await;
        info!("stopped");
    }
}

/// Dropped in the middle it has begun nothing that must be ended.
async fn start(
    config: &Config,
    role: Option<Role>,
    doors: Doors,
    site: Site,
    database: &Database,
) -> Result<Running, Refusal> {
    database.migrate().await?;
    database.check_roles().await?;
    let keys = Keys::open(&config.data).await?;
    let store = database.store();
    keys.belong_to(&store).await?;
    let sandbox = match config.telegram.sandbox {
        true => Some(Arc::new(InProcess::start(&config.data.dir).await?)),
        false => None,
    };
    let offered = sandbox.clone().map(|sandbox| sandbox as Arc<dyn Sandbox>);
    let telegram = BotApi::new();
    let mut figures = Figures {
        sends: telegram.sends(),
        store: store.clone(),
        traffic: Arc::default(),
        since: SystemTime::now(),
    };
    let services =
        Services { telegram: Arc::new(telegram), ..boot::services(config, store, &keys, offered)? };
    let mailer = boot::mailer(config)?;

    let ingest = Arc::new(Ingest::start(&services));

    let drain = CancellationToken::new();
    let backend = boot::backend(&services).await?;
    let workers =
        (role != Some(Role::Web)).then(|| Workers::start(&services, Arc::clone(&ingest), mailer));
    let refusals = tokio::spawn(services::refusals::run(services.clone(), drain.clone()));
    let watch = tokio::spawn(services::engine::stale::run(services.clone(), drain.clone()));
    let setup = match role {
        Some(Role::Worker) => None,
        _ => setup_link(config, &services).await,
    };
    let web = match doors.web {
        Some(listener) => {
            let web = Web::new(config.web.clone(), site, drain.clone())
                .paying_at(config.billing.forms_end_at());
            figures.traffic = Arc::clone(&web.traffic);
            // Whoever was shut out before a restart is out from the first request on.
            if let Err(error) = web.blocks.refresh(&services.store).await {
                warn!(%error, "who is shut out could not be read");
            }
            tokio::spawn(blocks::watch(web.blocks.clone(), services.store.clone(), drain.clone()));
            let keeps_mail = config.mail.smtp.is_none() && config.web.base_url.is_loopback();
            let plugs = Plugs {
                web: web.clone(),
                backend,
                store: services.store.clone(),
                cookie_key: keys.cookie,
                browser_key: keys.browsers,
                inbox: ingest,
                cashier: Arc::new(boot::Till::new(config, services.clone())),
                mailbox: keeps_mail.then(|| Arc::new(Outbox(services.clone())) as Arc<dyn Mailbox>),
                metrics: config
                    .metrics
                    .token
                    .clone()
                    .map(|token| Metrics { figures: figures.clone(), token }),
            };
            let routers = accept::Services {
                running: router::router(plugs),
                draining: router::draining(&web),
            };
            let serving = accept::serve(listener, routers, Limits::default(), drain.clone());
            Some((web, tokio::spawn(serving)))
        }
        None => None,
    };
    let metrics = doors.metrics.map(|listener| {
        let router = metrics::alone(figures);
        let routers = accept::Services { running: router.clone(), draining: router };
        tokio::spawn(accept::serve(listener, routers, WATCHED, drain.clone()))
    });
    Ok(Running { drain, web, metrics, workers, refusals, watch, setup })
}

/// Listens where the setting `name` says.
async fn listen(name: &str, address: SocketAddr) -> Result<TcpListener, Refusal> {
    TcpListener::bind(address).await.map_err(|err| {
        let advice = match err.kind() {
            std::io::ErrorKind::AddrInUse => {
                "another program (perhaps another gannet) listens there; stop it, or set it to another \
                 port"
            }
            std::io::ErrorKind::PermissionDenied => {
                "ports below 1024 need a privilege; set it to a higher port"
            }
            std::io::ErrorKind::AddrNotAvailable => {
                "this machine has no such address; set it to one it has"
            }
            _ => "set it to another address",
        };
        Refusal::new(format!("{name}: cannot listen on {address} ({err}): {advice}"))
    })
}

/// Where the first admin goes, as long as there is none. Where strangers may not sign up, the token
/// lets them.
async fn setup_link(config: &Config, services: &Services) -> Option<String> {
    let wanted = instance::wants_setup(services).await.unwrap_or_else(|error| {
        warn!(%error, "whether the instance has an admin could not be read");
        false
    });
    if !wanted {
        return None;
    }
    let (origin, token) = (config.web.base_url.origin(), instance::setup_token(services));
    let setup = paths::query(paths::SETUP, &[("token", &token)]);
    Some(match config.web.signups {
        Signups::Open => format!("{origin}{setup}"),
        Signups::Invite | Signups::Closed => {
            let sign_up =
                paths::query(paths::REGISTER, &[("invitation", &token), ("next", &setup)]);
            format!("{origin}{sign_up}")
        }
    })
}
