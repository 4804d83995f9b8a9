/* Who a session is logged in as, under a clock wound by hand. */
#include "../clock_virtual.h"
#include "../queue/world.h"
#include "base/failure.h"
#include "check.h"
#include "submit/session.h"

#define SOON deadline_after_ms(60000)

static struct server server;
static struct redis *redis;
static struct logins *logins;
static struct submission submission;
static struct config config = {.submission.sessions_per_account = 1};

static void write_account(const char *senders, bool disabled)
{
	struct slice sender = slice_of(senders);
	struct account account = {.name = SLICE("app"),
		.hash = SLICE("h"),
		.senders = &sender,
		.sender_count = 1,
		.disabled = disabled};

	CHECK(account_write(redis, &account, false, SOON));
}

static void pass_ms(int64_t ms)
{
	clock_virtual_advance_us(ms * 1000);
	fiber_yield(deadline_none());
}

static bool log_in(struct smtp_session *session)
{
	struct reply reply = {0};

	submission_log_in_as(session, SLICE("app"), &reply, SOON);
	CHECK(reply.code == 0 || reply.code == 421 || reply.code == 554);
	return reply.code == 0;
}

static void changes(void)
{
	struct submission_session self = {.submission = &submission}, other = self;
	struct smtp_session session = {.config = &config, .context = &self};
	struct smtp_session second = {.config = &config, .context = &other};
	struct reply reply = {0};

	CHECK(submission_refresh(&session, &reply, SOON)); /* not logged in */
	write_account("@x.test", false);
	CHECK(log_in(&session));
	CHECK_SLICE(session.account, "app");
	CHECK(self.who.account.hash.size == 0 &&
		self.who.account.scram.iterations == 0);
	CHECK(!log_in(&second));
	CHECK(second.account.size == 0);

	CHECK(submission_refresh(&session, &reply, SOON));
	CHECK_SLICE(self.who.account.senders[0], "@x.test");
	write_account("@y.test", false);
	CHECK(submission_refresh(&session, &reply, SOON));
	CHECK_SLICE(self.who.account.senders[0], "@y.test");
	CHECK_SLICE(session.account, "app");

	write_account("@y.test", true);
	pass_ms(ACCOUNT_FRESH_MS);
	CHECK(!submission_refresh(&session, &reply, SOON));
	CHECK_NUMBER(reply.code, 421);
	write_account("@y.test", false);
	CHECK(account_remove(redis, SLICE("app"), SOON));
	pass_ms(ACCOUNT_FRESH_MS);
	CHECK(!submission_refresh(&session, &reply, SOON));

	submission_log_out(&self);
	submission_log_out(&self);
	CHECK(self.who.account.name.size == 0);
	write_account("@y.test", false);
	CHECK(log_in(&second));
	submission_log_out(&other);
}

static void without_redis(void)
{
	struct submission_session self = {.submission = &submission};
	struct smtp_session session = {.config = &config, .context = &self};
	struct reply reply = {0};

	write_account("@x.test", false);
	CHECK(log_in(&session));
	server_kill(&server);
	pass_ms(ACCOUNT_FRESH_MS);
	CHECK(submission_refresh(&session, &reply, SOON));
	pass_ms(ACCOUNT_STALE_MS);
	CHECK(submission_refresh(&session, &reply, SOON));
	CHECK_SLICE(self.who.account.senders[0], "@x.test");
	submission_log_out(&self);
}

static void in_worker(void *arg)
{
	void (*body)(void) = *(void (**)(void))arg;
	struct redis_options options = {.address = server.address, .timeout_ms = 20000};
	struct scope scope;

	scope_init(&scope);
	redis = redis_open(&options, &scope);
	CHECK(redis && redis_wait_up(redis, SOON));
	logins = logins_create();
	submission.accounts = accounts_open(logins, redis, NULL);
	body();
	accounts_close(&submission.accounts);
	logins_destroy(&logins);
	redis_close(&redis);
	scope_finish(&scope, deadline_after_ms(0));
}

static void with_redis(void (*body)(void))
{
	struct worker *worker;

	server_start(&server, "--appendonly no");
	worker = worker_create(&(struct worker_options){.fibers_max = 100});
	worker_run(worker, in_worker, &body);
	worker_destroy(&worker);
	server_finish(&server);
}

CASE("an account that was changed, disabled, removed is noticed in the session")
{
	with_redis(changes);
}

CASE("while Redis is down a session keeps what it has")
{
	with_redis(without_redis);
}

CHECK_MAIN()
