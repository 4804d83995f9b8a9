/* Who a session is logged in as, under a clock wound by hand. */
#include "../clock_virtual.h"
#include "../queue/with_redis.h"
#include "base/failure.h"
#include "check.h"
#include "submit/session.h"

#define SOON deadline_after_ms(60000)

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

static void (*body_now)(void);

static void run_with_accounts(void)
{
	logins = logins_create();
	submission.accounts = accounts_open(logins, redis, NULL);
	body_now();
	accounts_close(&submission.accounts);
	logins_destroy(&logins);
}

static void with_accounts(void (*body)(void))
{
	body_now = body;
	with_redis(run_with_accounts);
}

CASE("an account that was changed, disabled, removed is noticed in the session")
{
	with_accounts(changes);
}

CASE("while Redis is down a session keeps what it has")
{
	with_accounts(without_redis);
}

CHECK_MAIN()
