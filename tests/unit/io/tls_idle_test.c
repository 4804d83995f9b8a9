/*
 * What an idle session costs: a server with many sessions over loopback, each
 * a fiber that has shaken hands, answered a line and waits; the clients are
 * another process. Prints bytes each; fails above what RELIABILITY promises.
 *
 *	tls_idle_test [SESSIONS [plain]]
 */
#include <arpa/inet.h>
#include <malloc.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/stream.h"
#include "io/tls.h"
#include "material.h"
#include "run/fiber.h"
#include "run/ring.h"
#include "run/worker.h"

#define TLS_BYTES_MAX	(60 << 10)
#define PLAIN_BYTES_MAX (25 << 10)
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1 /* its stacks are four times as large */
#else
#define SANITIZED 0
#endif
#define LONG deadline_after_ms(120000)

static size_t wanted = 1000, idle, failed;
static bool plain;
static int listening;
static struct sockaddr_in address;
static struct tls_server *server;

static size_t resident(void)
{
	size_t pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (!file || fscanf(file, "%*s %zu", &pages) != 1)
		exit(2);
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void session(void *arg)
{
	struct stream *stream = stream_from_socket((int)(intptr_t)arg);
	struct slice line;

	if (stream && !plain)
		stream = tls_accept(&stream, server, LONG);
	if (stream && stream_read_line(stream, 1000, &line, LONG)) {
		stream_write(stream, SLICE("250 mx.example\r\n"));
		idle++;
		stream_wait(stream, deadline_none());
	} else {
		failed++;
	}
	stream_close(&stream);
}

/* The first hundred are not counted: they pay for what is made once. */
static void serve(void *arg)
{
	struct ring_acceptor *acceptor = ring_acceptor_open(listening);
	size_t accepted, memory_before = 0, heap_before = 0, counted;
	double memory, heap;
	struct scope scope;

	scope_init(&scope);
	for (accepted = 0; accepted < wanted; accepted++) {
		int fd = ring_acceptor_wait(acceptor, LONG);

		if (fd < 0 ||
			!scope_spawn(&scope, "session", session, (void *)(intptr_t)fd))
			exit(2);
		while (accepted == 99 && idle + failed < 100)
			fiber_sleep(deadline_after_ms(10));
		if (accepted == 99) {
			memory_before = resident();
			heap_before = mallinfo2().uordblks;
		}
	}
	while (idle + failed < wanted)
		fiber_sleep(deadline_after_ms(10));
	fiber_sleep(deadline_after_ms(100));
	counted = wanted - 100;
	memory = (double)(resident() - memory_before) / (double)counted;
	heap = (double)(mallinfo2().uordblks - heap_before) / (double)counted;
	printf("%zu idle %s sessions: %.0f bytes each, of which heap %.0f\n", idle,
		plain ? "plain" : "TLS", memory, heap);
	if (!SANITIZED && memory > (plain ? PLAIN_BYTES_MAX : TLS_BYTES_MAX))
		failed++;
	scope_cancel(&scope);
	scope_finish(&scope, LONG);
	ring_acceptor_close(&acceptor);
}

static void connect_all(void *arg)
{
	struct stream **streams = calloc(wanted, sizeof(*streams));
	struct tls_client *client = tls_client_create(NULL, "1.2");
	struct slice got;

	for (size_t i = 0; i < wanted; i++) {
		streams[i] = stream_connect((struct sockaddr *)&address, NULL, LONG);
		if (streams[i] && !plain)
			streams[i] = tls_connect(&streams[i], client,
				&(struct tls_target){.name = "mx.example"}, LONG);
		if (!streams[i])
			_exit(3);
		stream_write(streams[i], SLICE("EHLO client.example\r\n"));
		if (!stream_read_line(streams[i], 100, &got, LONG))
			_exit(3);
	}
	stream_wait(streams[0], deadline_none());
	_exit(0);
}

static void run(void (*body)(void *arg))
{
	struct worker *worker = worker_create(&(struct worker_options){0});

	if (!worker)
		exit(2);
	worker_run(worker, body, NULL);
	worker_destroy(&worker);
}

int main(int count, char **arguments)
{
	struct rlimit files;
	socklen_t size = sizeof(address);
	struct tls_pair pair;
	size_t which;
	pid_t child;

	if (count > 1)
		wanted = strtoul(arguments[1], NULL, 10);
	plain = count > 2 && strcmp(arguments[2], "plain") == 0;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (wanted <= 100 || bind(listening, (struct sockaddr *)&address, size) ||
		getsockname(listening, (struct sockaddr *)&address, &size) ||
		listen(listening, 1000))
		return 2;
	material_make(
		&(struct material_wish){.name = "idle", .names = "DNS:mx.example"});
	pair = (struct tls_pair){
		material_path("idle", "pem"), material_path("idle", "key")};
	server = tls_server_create(&pair, 1, "1.2", "smtp", &which);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		close(listening);
		run(connect_all);
		_exit(0);
	}
	run(serve);
	waitpid(child, NULL, 0);
	tls_server_release(&server);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
