/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inspect_answer.h - what the running agent answers, as JSON.
 *
 * explain: {agent{version,pid,options[]}, watched, watched_by, ancestors[], process{},
 *	     connections{followed,unread{}}, requests{}, open_requests, instance_processes,
 *	     jvm_counters, whole_agent{}, hooks[]}; requests are of the instance's processes together
 * top:	    {at_ns, rows[{id,service,namespace,instance,kind,requests,errors,open,zero,
 *	     scale,first,buckets[]}], pauses[the same, of kind "pause"], left_out}; all counts
 *	     since sonde began.
 *
 * Who asks makes rates of two answers to `top`: nothing is kept between them.
 */
#pragma once

#include <jansson.h>

#include "user/monitor/shared.h"
#include "user/worker/pipeline.h"
#include "user/worker/self.h"

/* Instances and kinds of requests in one answer to `top`; the rest is counted. */
enum { TOP_ROWS = 4096 };

/* The caller's reference. */
json_t *explain_answer(struct pipeline *p, const struct shared *shared, struct self *self,
		       uint32_t pid);
json_t *top_answer(struct pipeline *p, uint64_t now_ns);

/* Who a process is: service, rule, namespace, instance, executable, container, language, sends_spans. */
json_t *process_json(const struct process *process);

/* Valid UTF-8 without control characters, whatever `text` holds. */
json_t *text_json(struct str text);
