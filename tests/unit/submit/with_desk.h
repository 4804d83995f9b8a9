/* A desk in a worker with a Redis of its own, for one body after another. */
#ifndef RINGPOST_TESTS_SUBMIT_WITH_DESK_H
#define RINGPOST_TESTS_SUBMIT_WITH_DESK_H

#include "check.h"
#include "desk.h"

static struct server server;
static struct desk desk;

struct desk_setting {
	const char *settings, *keys;
	void (*body)(void);
};

#define OPEN	"none, require_auth: false"
#define AUTH	"none, auth_without_tls: true"
#define NO_WAIT "submission: { auth_delay: 0 }"

static inline void desk_run(void *arg)
{
	const struct desk_setting *setting = arg;

	if (desk_open(&desk, &server, setting->settings, setting->keys))
		setting->body();
	desk_close(&desk);
}

/* BODY at a desk with these (desk_open), and a thread for what is slow. */
static inline void with_desk(const char *settings, const char *keys, void (*body)(void))
{
	struct desk_setting setting = {settings, keys, body};
	struct worker *worker;

	CHECK(offload_start(1, 100));
	server_start(&server, "--appendonly no");
	worker = worker_create(&(struct worker_options){.fibers_max = 1000});
	worker_run(worker, desk_run, &setting);
	worker_destroy(&worker);
	server_finish(&server);
	offload_stop();
	CHECK_NUMBER(desk_complaints, 0);
	desk_complaints = 0;
}

#endif
