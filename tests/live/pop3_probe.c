/*
 * POP3 on two ports of loopback (with STLS; with TLS from the beginning), for the
 * account "jo" with the password "secret", held by a test script.
 *
 * pop3_probe FOLDER CERTIFICATE KEY
 *
 *	ports            says {"port":…,"tls_port":…}
 *	append PATH      a message into its INBOX; says {"uid":…}
 *	messages         says {"messages":…,"sessions":…}
 *	quit
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/memory.h"
#include "io_probe.h"
#include "io/tls.h"
#include "mail/sasl_server.h"
#include "pop3/server.h"
#include "pop3/store_maildrop.h"
#include "run/ring.h"
#include "store/draft.h"

#define ACCOUNT	 "jo@example.com"
#define PASSWORD "secret"
#define SOON	 deadline_after_ms(60000)

static struct store *store;
static struct store_port *port;
static struct store_account *account;
static struct attendance *attendance;
static struct tls_server *tls;
static struct sasl_scram_keys keys;
static struct scope sessions, acceptors;

/* --- Who it is --- */

struct login {
	struct sasl_server *server;
};

static void probe_offer(struct pop3_session *session, struct pop3_offer *offer_r)
{
	*offer_r = (struct pop3_offer){true, true,
		SASL_BIT(SASL_PLAIN) | SASL_BIT(SASL_LOGIN) | SASL_BIT(SASL_CRAM_MD5) |
			SASL_BIT(SASL_SCRAM_SHA_256)};
}

static enum login_verdict judge(struct pop3_session *session, bool right)
{
	if (!right)
		return LOGIN_WRONG;
	session->account = SLICE(ACCOUNT);
	return LOGIN_OK;
}

static bool is_jo(struct slice name)
{
	return slice_equal(name, SLICE("jo")) || slice_equal(name, SLICE(ACCOUNT));
}

static enum login_verdict probe_password(struct pop3_session *session,
	struct slice name, struct slice password, struct deadline deadline)
{
	return judge(session, is_jo(name) && slice_equal(password, SLICE(PASSWORD)));
}

static enum login_verdict probe_apop(struct pop3_session *session, struct slice name,
	struct slice digest, struct deadline deadline)
{
	char *text = memory_format("%.*s" PASSWORD, SLICE_PRINT(session->stamp));
	unsigned char sum[EVP_MAX_MD_SIZE];
	char hex[32];

	if (!EVP_Digest(text, strlen(text), sum, NULL, EVP_md5(), NULL))
		abort();
	hex_encode(slice_make(sum, 16), hex);
	memory_free(text);
	return judge(session,
		is_jo(name) && slice_equal_nocase(digest, slice_make(hex, 32)));
}

static enum login_verdict go_on(struct pop3_session *session,
	enum sasl_progress progress, struct slice *challenge_r)
{
	struct login *login = session->context;
	struct sasl_account given = {
		.scram = keys, .password = SLICE(PASSWORD), .fake = false};

	for (;;) {
		switch (progress) {
		case SASL_CONTINUE:
			*challenge_r = sasl_server_output(login->server);
			return LOGIN_CONTINUE;
		case SASL_NEED_ACCOUNT:
			given.fake = !is_jo(sasl_server_username(login->server));
			progress = sasl_server_give_account(login->server, &given);
			break;
		case SASL_NEED_PASSWORD_CHECK:
			progress = sasl_server_give_verdict(login->server,
				is_jo(sasl_server_username(login->server)) &&
					slice_equal(sasl_server_password(login->server),
						SLICE(PASSWORD)));
			break;
		case SASL_DONE:
			return judge(session, true);
		case SASL_NEED_TOKEN_CHECK:
		case SASL_FAILED:
			return LOGIN_WRONG;
		}
	}
}

static enum login_verdict probe_start(struct pop3_session *session,
	struct slice mechanism, struct slice initial, struct slice *challenge_r,
	struct deadline deadline)
{
	struct login *login = session->context;
	enum sasl_mechanism which;

	sasl_server_destroy(&login->server);
	if (sasl_mechanism_find(mechanism, &which))
		login->server = sasl_server_create(which, NULL, false);
	return login->server ? go_on(session, sasl_server_start(login->server, initial),
				       challenge_r)
			     : LOGIN_NOT_OFFERED;
}

static enum login_verdict probe_step(struct pop3_session *session, struct slice line,
	struct slice *challenge_r, struct deadline deadline)
{
	struct login *login = session->context;

	return go_on(session, sasl_server_step(login->server, line), challenge_r);
}

static struct maildrop *probe_open(
	struct pop3_session *session, struct deadline deadline)
{
	return store_maildrop_open(port, account, SLICE("INBOX"), deadline);
}

static void probe_disconnect(struct pop3_session *session)
{
	struct login *login = session->context;

	sasl_server_destroy(&login->server);
}

static const struct pop3_policy policy = {probe_offer, probe_start, probe_step,
	probe_password, probe_apop, probe_open, NULL, probe_disconnect};

/* --- Who comes --- */

struct acceptor {
	struct ring_acceptor *ring;
	bool implicit;
	uint16_t port;
};
static struct acceptor plain, secure = {.implicit = true};

struct visitor {
	struct stream *stream;
	bool implicit;
};

static void serve(void *arg)
{
	struct visitor *visitor = arg;
	struct conversation_limits limits = conversation_limits_usual(POP3_IDLE_MS);
	struct login login = {0};
	struct pop3_server_options options = {.stream = visitor->stream,
		.tls = tls,
		.hostname = "localhost",
		.limits = &limits,
		.attendance = attendance,
		.policy = &policy,
		.policy_context = &login};

	if (visitor->implicit)
		options.stream = tls_accept(&options.stream, tls, SOON);
	memory_free(visitor);
	if (options.stream)
		pop3_server_run(&options, deadline_after_ms(600000));
}

static void accept_them(void *arg)
{
	struct acceptor *acceptor = arg;
	int fd;

	while ((fd = ring_acceptor_wait(acceptor->ring, deadline_none())) >= 0) {
		struct visitor *visitor = NEW(struct visitor);

		visitor->stream = stream_from_socket(fd);
		visitor->implicit = acceptor->implicit;
		if (!visitor->stream ||
			!scope_spawn(&sessions, "session", serve, visitor))
			abort();
	}
}

static void listen_on(struct acceptor *acceptor)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) || listen(fd, 128) ||
		getsockname(fd, (struct sockaddr *)&address, &size))
		abort();
	acceptor->port = ntohs(address.sin_port);
	acceptor->ring = ring_acceptor_open(fd);
	if (!acceptor->ring ||
		!scope_spawn(&acceptors, "acceptor", accept_them, acceptor))
		abort();
}

/* --- What the script wants --- */

static void append(struct probe *probe, const char *path)
{
	static char bytes[65536];
	struct append one = {.draft = draft_begin(port, account, SOON)};
	uint32_t uidvalidity, uid;
	enum store_fault fault;
	ssize_t size;
	char line[80];
	int fd = open(path, O_RDONLY);

	while ((size = read(fd, bytes, sizeof(bytes))) > 0)
		if (!draft_write(one.draft, slice_make(bytes, (size_t)size), SOON))
			abort();
	close(fd);
	if (size < 0 || !draft_finish(one.draft, SOON) ||
		!mailbox_append(port, account, SLICE("INBOX"), &one, 1, &uidvalidity,
			&uid, &fault, SOON))
		abort();
	draft_discard(&one.draft);
	snprintf(line, sizeof(line), "{\"uid\":%u}", uid);
	probe_say(probe, slice_of(line));
}

static void say_messages(struct probe *probe)
{
	struct mailbox_entry entry;
	enum store_fault fault;
	char line[80];

	if (!mailbox_status(port, account, SLICE("INBOX"), &entry, &fault, SOON))
		abort();
	snprintf(line, sizeof(line), "{\"messages\":%u,\"sessions\":%zu}",
		entry.messages, sessions.count);
	probe_say(probe, slice_of(line));
}

static void say_ports(struct probe *probe)
{
	char line[80];

	snprintf(line, sizeof(line), "{\"port\":%u,\"tls_port\":%u}", plain.port,
		secure.port);
	probe_say(probe, slice_of(line));
}

static bool handle(struct probe *probe, struct slice *words, size_t count)
{
	char path[400];

	if (count == 2 && slice_to_text(words[1], path, sizeof(path)))
		append(probe, path);
	else if (slice_equal(words[0], SLICE("messages")))
		say_messages(probe);
	else if (slice_equal(words[0], SLICE("ports")))
		say_ports(probe);
	else
		return false;
	return true;
}

static void end(void)
{
	scope_cancel(&acceptors);
	scope_finish(&acceptors, SOON);
	ring_acceptor_close(&plain.ring);
	ring_acceptor_close(&secure.ring);
	scope_finish(&sessions, deadline_after_ms(1000));
	tls_server_release(&tls);
	attendance_destroy(&attendance);
	store_account_release(&account);
	store_port_close(&port);
	store_destroy(&store);
}

static void body(void *arg)
{
	struct probe *probe = arg;
	struct tls_pair pair = {probe->argv[2], probe->argv[3]};
	static const uint8_t salt[SASL_SALT_SIZE] = "0123456789abcde";
	size_t which;

	scope_init(&sessions);
	scope_init(&acceptors);
	store = store_create(probe->argv[1], 2);
	tls = tls_server_create(&pair, 1, "1.2", "pop3", &which);
	if (!store || !tls ||
		!sasl_scram_keys(SLICE(PASSWORD), salt, SASL_ITERATIONS, &keys))
		abort();
	port = store_port_open(store);
	account = store_account_hold(store, SLICE(ACCOUNT));
	attendance = attendance_create();
	listen_on(&plain);
	listen_on(&secure);
	probe_loop(probe);
}

int main(int argc, char **argv)
{
	struct probe probe = {.handle = handle, .end = end, .argc = argc, .argv = argv};

	if (argc != 4)
		return EXIT_FAILURE;
	return probe_main(&probe, body);
}
