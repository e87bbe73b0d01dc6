// Everything of libkprparse except JSON.
#pragma once
#include "kpr/bpf_lb_list.hpp"
#include "kpr/diagnostic.hpp"
#include "kpr/parse.hpp"
#include "kpr/service_list.hpp"
#include "kpr/status.hpp"
