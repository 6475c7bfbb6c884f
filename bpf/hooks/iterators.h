/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * iterators.h - passes over what is there already: no walk of /proc.
 *
 *	list_processes   a struct process_line for each process
 *	list_listeners   a struct listener_line for each listening socket of a process
 *	list_holders     a struct process_line for each other process that is an agent
 *	mark_sockets     gives each socket of a target its storage
 *	sweep            ships the totals of turns that moved since their last record
 *	forget           connections are announced again: a new worker knows none
 */
#pragma once

#include "bpf/connection.h"
#include "bpf/hooks/processes.h"

SEC("iter/task")
int list_processes(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct process_line line = {};

	if (!task || task->pid != task->tgid || (task->flags & PF_KTHREAD))
		return 0;
	process_of(task->group_leader, &line.process);
	process_of(task->real_parent->group_leader, &line.parent);
	bpf_probe_read_kernel(line.comm, sizeof(line.comm), task->comm);
	bpf_seq_write(ctx->meta->seq, &line, sizeof(line));
	return 0;
}

static __always_inline struct sock *socket_of(struct file *file)
{
	struct socket *socket;

	if (!file)
		return NULL;
	socket = bpf_sock_from_file(file);
	return socket ? socket->sk : NULL;
}

SEC("iter/task_file")
int list_listeners(struct bpf_iter__task_file *ctx)
{
	struct sock *sk = socket_of(ctx->file);
	struct task_struct *task = ctx->task;
	struct listener_line line = {};

	if (!sk || !task || sk->__sk_common.skc_state != TCP_LISTEN || !is_stream(sk))
		return 0;
	line.family = sk->__sk_common.skc_family;
	if (line.family != FAMILY_UNIX)
		line.port = sk->__sk_common.skc_num;
	line.netns = sk->__sk_common.skc_net.net->ns.inum;
	process_of(task->group_leader, &line.process);
	bpf_seq_write(ctx->meta->seq, &line, sizeof(line));
	return 0;
}

/* Is the NUL-padded `text` this word? Loads of the whole, for there is no memcmp. */
static __always_inline bool is_word(const char text[16], const char word[16])
{
	const __u64 *a = (const __u64 *)text, *b = (const __u64 *)word;

	return a[0] == b[0] && a[1] == b[1];
}

/*
 * A descriptor of a map by this name (capture_claim) is what tells one agent of another, in
 * whatever namespaces they live: the one that asks knows its own id only as they number it.
 */
SEC("iter/task_file")
int list_holders(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	struct task_struct *task = ctx->task;
	struct process_line line = {};
	char name[16] __attribute__((aligned(8))) = {}, map[16] __attribute__((aligned(8))) = {};
	const char a_map[16] __attribute__((aligned(8))) = "bpf-map";
	const char ours[16] __attribute__((aligned(8))) = "sonde_agent";
	struct bpf_map *held;

	if (!file || !task || task->tgid == (__s32)(bpf_get_current_pid_tgid() >> 32))
		return 0;
	bpf_probe_read_kernel_str(name, sizeof(name), file->f_path.dentry->d_name.name);
	if (!is_word(name, a_map))
		return 0;
	held = file->private_data;
	bpf_probe_read_kernel_str(map, sizeof(map),
				  (char *)held + bpf_core_field_offset(struct bpf_map, name));
	if (!is_word(map, ours))
		return 0;
	process_of(task->group_leader, &line.process);
	process_of(task->real_parent->group_leader, &line.parent);
	bpf_seq_write(ctx->meta->seq, &line, sizeof(line));
	return 0;
}

SEC("iter/task_file")
int mark_sockets(struct bpf_iter__task_file *ctx)
{
	struct sock *sk = socket_of(ctx->file);
	struct task_struct *task = ctx->task;
	struct tcp_sock *tcp;
	struct conn *conn;

	if (!sk || !task || !is_stream(sk) || is_kernel_socket(sk) ||
	    !bpf_task_storage_get(&targets, task->group_leader, 0, 0))
		return 0;
	tcp = tcp_of(sk);
	conn = bpf_sk_storage_get(&conns, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!conn) {
		count(COUNT_NO_STORAGE);
		return 0;
	}
	bpf_spin_lock(&conn->lock);
	if (sk->__sk_common.skc_state == TCP_LISTEN) {
		conn->flags |= CONN_LISTENER;
	} else if (!(conn->flags & CONN_READY) && is_connected(sk)) {
		conn_make_ready(sk, conn, tcp, 0, 0);
	}
	bpf_spin_unlock(&conn->lock);
	return 0;
}

SEC("iter/bpf_sk_storage_map")
int forget(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct sock *sk = ctx->sk;
	struct conn *conn;

	if (!sk)
		return 0;
	conn = bpf_sk_storage_get(&conns, sk, 0, 0);
	if (!conn)
		return 0;
	bpf_spin_lock(&conn->lock);
	conn->flags &= ~CONN_ANNOUNCED;
	bpf_spin_unlock(&conn->lock);
	return 0;
}

SEC("iter/bpf_sk_storage_map")
int sweep(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct sock *sk = ctx->sk;
	struct conn *conn;
	struct step step = {};
	struct operation op = {};
	struct tcp_sock *tcp;

	if (!sk)
		return 0;
	conn = bpf_sk_storage_get(&conns, sk, 0, 0); /* ctx->value has no lock for the verifier */
	if (!conn)
		return 0;
	tcp = tcp_of(sk);
	op.now = bpf_ktime_get_ns();
	bpf_spin_lock(&conn->lock);
	if (tcp && conn->number && !(conn->flags & (CONN_CLOSED | CONN_PASSES)))
		conn_catch_up(sk, tcp, conn, conn_direction(conn), op.now, &step);
	if (conn->flags & CONN_DIRTY)
		step_close(conn, &step);
	operation_was_last(conn, &op);
	conn->flags &= ~CONN_DIRTY;
	bpf_spin_unlock(&conn->lock);
	if (!step.moved)
		return 0;
	if (step.missing)
		count_in(counters_here(), COUNT_UNREPORTED, step.missing);
	op.cookie = socket_cookie(sk);
	ship_totals(&step, &op, RECORD_TOTALS);
	return 0;
}
