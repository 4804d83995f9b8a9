/*
 * IMAP on a port of loopback, for whoever says the password "secret", held by a test
 * script.
 *
 * imap_probe FOLDER
 *
 *	port            says {"port":…}
 *	quit
 */
#include <netinet/in.h>
#include <unistd.h>

#include "base/memory.h"
#include "imap_server/server.h"
#include "io_probe.h"
#include "run/ring.h"

#define MESSAGE_MAX 10000000
#define SOON	    deadline_after_ms(60000)

static struct store *store;
static struct store_port *port;
static struct attendance *attendance;
static struct scope sessions, acceptors;
static struct ring_acceptor *acceptor;
static uint16_t port_number;

/* --- Who it is --- */

static void probe_offer(struct imap_session *session, struct imap_offer *offer_r)
{
	*offer_r = (struct imap_offer){.login = true};
}

static enum login_verdict probe_start(struct imap_session *session,
	struct slice mechanism, struct slice initial, struct slice *challenge_r,
	struct deadline deadline)
{
	return LOGIN_NOT_OFFERED;
}

static enum login_verdict probe_step(struct imap_session *session, struct slice line,
	struct slice *challenge_r, struct deadline deadline)
{
	return LOGIN_NOT_OFFERED;
}

static enum login_verdict probe_password(struct imap_session *session,
	struct slice name, struct slice password, struct deadline deadline)
{
	if (!slice_equal(password, SLICE("secret")))
		return LOGIN_WRONG;
	session->account = arena_format(
		&session->arena, "%.*s@example.com", SLICE_PRINT(name));
	return LOGIN_OK;
}

static struct store_account *probe_open(struct imap_session *session,
	struct store_port **port_r, struct deadline deadline)
{
	struct store_account *account = store_account_hold(store, session->account);

	*port_r = port;
	store_account_set_quota(account,
		(struct store_sums){.bytes = UINT64_C(1) << 30, .messages = 1000});
	return account;
}

static void probe_disconnect(struct imap_session *session)
{
}

static const struct imap_policy policy = {.offer = probe_offer,
	.start = probe_start,
	.step = probe_step,
	.password = probe_password,
	.open = probe_open,
	.disconnect = probe_disconnect};

/* --- Who comes --- */

static void serve(void *arg)
{
	struct conversation_limits limits = conversation_limits_usual(IMAP_IDLE_MS);
	struct imap_server_options options = {.stream = arg,
		.hostname = "localhost",
		.limits = &limits,
		.attendance = attendance,
		.policy = &policy,
		.message_max = MESSAGE_MAX};

	limits.errors = 1000;
	imap_server_run(&options, deadline_after_ms(600000));
}

static void accept_them(void *arg)
{
	int fd;

	while ((fd = ring_acceptor_wait(acceptor, deadline_none())) >= 0) {
		struct stream *stream = stream_from_socket(fd);

		if (!stream || !scope_spawn(&sessions, "session", serve, stream))
			abort();
	}
}

static void listen_on_loopback(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) || listen(fd, 128) ||
		getsockname(fd, (struct sockaddr *)&address, &size))
		abort();
	port_number = ntohs(address.sin_port);
	acceptor = ring_acceptor_open(fd);
	if (!acceptor || !scope_spawn(&acceptors, "acceptor", accept_them, NULL))
		abort();
}

/* --- What the script wants --- */

static bool handle(struct probe *probe, struct slice *words, size_t count)
{
	char line[80];

	if (!slice_equal(words[0], SLICE("port")))
		return false;
	snprintf(line, sizeof(line), "{\"port\":%u}", port_number);
	probe_say(probe, slice_of(line));
	return true;
}

static void end(void)
{
	scope_cancel(&acceptors);
	scope_finish(&acceptors, SOON);
	ring_acceptor_close(&acceptor);
	scope_finish(&sessions, deadline_after_ms(1000));
	attendance_destroy(&attendance);
	store_port_close(&port);
	store_destroy(&store);
}

static void body(void *arg)
{
	struct probe *probe = arg;

	scope_init(&sessions);
	scope_init(&acceptors);
	store = store_create(probe->argv[1], 2);
	if (!store)
		abort();
	port = store_port_open(store);
	attendance = attendance_create();
	listen_on_loopback();
	probe_loop(probe);
}

int main(int argc, char **argv)
{
	struct probe probe = {.handle = handle, .end = end, .argc = argc, .argv = argv};

	if (argc != 2)
		return EXIT_FAILURE;
	return probe_main(&probe, body);
}
