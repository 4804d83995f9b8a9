/* /v1/eta: when what is queued will be out. */
#include "web/tables.h"

#include "base/memory.h"

static const struct web_resource rows[] = {
	{"GET", "/v1/eta", "eta", API_READ, 200, WEB_LIST,
		.query = "domain id tenant stream sender tag"},
};

const struct web_table web_eta = {rows, ARRAY_COUNT(rows)};
