/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel.h - the kernel's types, only the fields that are read.
 *
 * Names are the kernel's; offsets are put in when the object is loaded (CO-RE),
 * so neither building nor cross-building needs a kernel's BTF. Add a field here
 * when it is first read, with the version where it is not everywhere.
 */
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include <stdbool.h>

#define PF_IO_WORKER 0x00000010
#define PF_KTHREAD   0x00200000

#define SOCK_STREAM   1
#define IPPROTO_TCP   6
#define RCV_SHUTDOWN  1
#define SEND_SHUTDOWN 2
#define MSG_PEEK      0x02
#define MSG_TRUNC     0x20
#define MSG_ERRQUEUE  0x2000

enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT = 2,
	TCP_FIN_WAIT1 = 4,
	TCP_CLOSE = 7,
	TCP_CLOSE_WAIT = 8,
	TCP_LAST_ACK = 9,
	TCP_LISTEN = 10
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct bpf_local_storage;

struct thread_info {
	unsigned long flags;
	__u32 status; /* x86 */
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	__s64 counter;
} atomic64_t;

struct sched_info {
	unsigned long long run_delay; /* ns that it waited for a CPU */
};

struct cfs_rq {
	__u64 throttled_clock_self_time; /* 6.6 */
};

struct cfs_bandwidth {
	__s64 hierarchical_quota; /* -1: neither the cgroup nor one above it has a quota */
	__u64 throttled_time;	  /* ns, over all CPUs */
};

struct task_group {
	struct task_group *parent;
	struct cfs_bandwidth cfs_bandwidth;
};

struct sched_entity {
	__u64 exec_start, sum_exec_runtime;
	__u64 nr_migrations;
	struct cfs_rq *cfs_rq;
};

struct signal_struct {
	atomic_t live;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	int pid, tgid;
	unsigned int __state;	     /* 0: it runs, or waits for a CPU; before 5.14 `state` */
	unsigned long nvcsw, nivcsw; /* how often it gave the processor up by itself, and had to */
	struct sched_info sched_info;
	struct sched_entity se;
	struct task_group *sched_task_group; /* where cgroups have quotas (CONFIG_CGROUP_SCHED) */
	struct task_struct *group_leader, *real_parent;
	struct signal_struct *signal;
	__u64 start_boottime;
	struct bpf_local_storage *bpf_storage;
	char comm[16];
};

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	atomic64_t skc_cookie; /* 0 until somebody asks for it */
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	void *private_data;
};

struct bpf_map {
	char name[16];
};

struct socket {
	struct file *file;
	struct sock *sk;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_type, sk_protocol;
	__u8 sk_kern_sock : 1;
	__u8 sk_shutdown;
	int sk_err;
	struct socket *sk_socket;
	struct bpf_local_storage *sk_bpf_storage;
};

struct tcp_sock {
	__u32 copied_seq, write_seq, rcv_nxt, snd_una;
	__u64 bytes_received, bytes_acked;
};

struct unix_sock {
	struct sock *peer;
};

struct msghdr;
struct page;

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id, seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

struct bpf_iter__bpf_sk_storage_map {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	struct sock *sk;
	void *value;
};

/* The registers that a system call was entered with. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r14, r10, r9, r8, dx, si, di, orig_ax, sp;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31];
};
struct pt_regs {
	__u64 regs[31], sp;
	int syscallno;
};
#endif

#pragma clang attribute pop

/* What programs pass to the kernel: fixed by the ABI. */
struct user_iovec {
	__u64 base, len;
};

struct user_message {
	__u64 name;
	__u32 name_len, padding;
	__u64 iov, iov_len;
	__u64 control, control_len;
	__u32 flags, padding2;
};

struct user_mmessage {
	struct user_message message;
	__u32 len, padding;
};
