/*
 * Sessions of those who read their mail: POP3 and IMAP over the accounts and the
 * mailboxes of a worker.
 */
#include "daemon/daemon.h"

#include "base/memory.h"
#include "imap_server/account_policy.h"
#include "pop3/account_policy.h"

static struct conversation_limits limits_of(
	const struct config *config, int64_t idle_ms)
{
	struct conversation_limits limits = conversation_limits_usual(idle_ms);

	limits.login_ms = config->pickup.login_timeout_ms;
	limits.errors = config->pickup.errors;
	limits.per_address = config->pickup.sessions_per_address;
	limits.per_account = 0; /* who it is counts them, over both protocols */
	return limits;
}

static struct attempts_options attempts_of(struct daemon_worker *worker,
	const struct session_start *start, const char *service)
{
	return (struct attempts_options){
		.accounts = worker->accounts,
		.config = start->config,
		.mechanisms = &start->listener->mechanisms,
		.plaintext = start->listener->auth_without_tls,
		.service = service,
		.scope = ACCOUNT_PICKUP,
		.delay_ms = start->config->submission.auth_delay_ms,
		.sessions_max = start->config->pickup.sessions_per_account,
	};
}

static void serve_pop3(struct daemon_worker *worker, const struct session_start *start)
{
	const struct config *config = start->config;
	struct conversation_limits limits = limits_of(
		config, config->pickup.pop3_idle_timeout_ms);
	struct pop3_account_options account_options = {
		.attempts = attempts_of(worker, start, "pop3"),
		.apop = config->pickup.apop,
		.store = worker->daemon->store,
		.port = worker->store_port,
	};
	struct pop3_account *account = NEW(struct pop3_account);
	struct pop3_server_options options = {
		.stream = start->stream,
		.tls = start->listener->tls == CONFIG_TLS_STARTTLS ? start->tls : NULL,
		.hostname = config->hostname,
		.limits = &limits,
		.attendance = worker->daemon->attendance,
		.policy = &pop3_account_policy,
		.policy_context = account,
		.stopping = start->stopping,
		.resting = start->resting,
	};

	account->options = &account_options;
	account->attempts.options = &account_options.attempts;
	pop3_server_run(&options, deadline_none());
	memory_free(account);
}

static void serve_imap(struct daemon_worker *worker, const struct session_start *start)
{
	const struct config *config = start->config;
	struct conversation_limits limits = limits_of(
		config, config->pickup.imap_idle_timeout_ms);
	struct imap_account_options account_options = {
		.attempts = attempts_of(worker, start, "imap"),
		.store = worker->daemon->store,
		.port = worker->store_port,
	};
	struct imap_account *account = NEW(struct imap_account);
	struct imap_server_options options = {
		.stream = start->stream,
		.tls = start->listener->tls == CONFIG_TLS_STARTTLS ? start->tls : NULL,
		.hostname = config->hostname,
		.limits = &limits,
		.attendance = worker->daemon->attendance,
		.policy = &imap_account_policy,
		.policy_context = account,
		.message_max = config->pickup.message_size,
		.index = worker->daemon->index,
		.stopping = start->stopping,
		.resting = start->resting,
	};

	account->options = &account_options;
	account->attempts.options = &account_options.attempts;
	imap_server_run(&options, deadline_none());
	memory_free(account);
}

void daemon_serve_pickup(
	struct daemon_worker *worker, const struct session_start *start)
{
	if (start->listener->role == CONFIG_ROLE_POP3)
		serve_pop3(worker, start);
	else
		serve_imap(worker, start);
}
