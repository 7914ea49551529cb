// Generated from the migrations by "npm run generate": do not edit.
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  public: {
    Tables: {
      account_limits: {
        Row: {
          created_at: string;
          daily_loss_cap: number | null;
          max_exposure: number | null;
          max_open_orders: number | null;
          max_order_value: number | null;
          max_symbol_exposure: number | null;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          daily_loss_cap?: number | null;
          max_exposure?: number | null;
          max_open_orders?: number | null;
          max_order_value?: number | null;
          max_symbol_exposure?: number | null;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          created_at?: string;
          daily_loss_cap?: number | null;
          max_exposure?: number | null;
          max_open_orders?: number | null;
          max_order_value?: number | null;
          max_symbol_exposure?: number | null;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      alert_history: {
        Row: {
          alert_type: string;
          bot_id: string | null;
          channels: string[];
          created_at: string;
          error: string | null;
          id: string;
          message: string;
          metadata: NonNullable<Json>;
          read_at: string | null;
          rule_id: string | null;
          run_id: string | null;
          sent_at: string | null;
          severity: string;
          status: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          alert_type: string;
          bot_id?: string | null;
          channels?: string[];
          created_at?: string;
          error?: string | null;
          id?: string;
          message: string;
          metadata?: NonNullable<Json>;
          read_at?: string | null;
          rule_id?: string | null;
          run_id?: string | null;
          sent_at?: string | null;
          severity?: string;
          status?: string;
          user_id: string;
        };
        Update: {
          alert_type?: string;
          bot_id?: string | null;
          channels?: string[];
          created_at?: string;
          error?: string | null;
          id?: string;
          message?: string;
          metadata?: NonNullable<Json>;
          read_at?: string | null;
          rule_id?: string | null;
          run_id?: string | null;
          sent_at?: string | null;
          severity?: string;
          status?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'alert_history_bot_id_fkey';
            columns: ['bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'bots';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'alert_history_rule_id_fkey';
            columns: ['rule_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'alert_rules';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'alert_history_run_id_fkey';
            columns: ['run_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'trading_runs';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      alert_limits: {
        Row: {
          channel: string;
          messages_per_window: number | null;
          refused_count: number;
          updated_at: string;
          used_count: number;
          user_id: string;
          window_seconds: number | null;
          window_started_at: string;
        };
        ComputedFields: never;
        Insert: {
          channel: string;
          messages_per_window?: number | null;
          refused_count?: number;
          updated_at?: string;
          used_count?: number;
          user_id: string;
          window_seconds?: number | null;
          window_started_at?: string;
        };
        Update: {
          channel?: string;
          messages_per_window?: number | null;
          refused_count?: number;
          updated_at?: string;
          used_count?: number;
          user_id?: string;
          window_seconds?: number | null;
          window_started_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'alert_limits_channel_fkey';
            columns: ['channel'];
            isOneToOne: false;
            referencedRelation: 'channel_configs';
            referencedColumns: ['channel'];
          },
        ];
      };
      alert_preferences: {
        Row: {
          alert_types: string[];
          created_at: string;
          discord_enabled: boolean;
          discord_webhook_hint: string | null;
          discord_webhook_url: string | null;
          email_enabled: boolean;
          push_enabled: boolean;
          quiet_hours_end: string | null;
          quiet_hours_start: string | null;
          quiet_hours_timezone: string;
          telegram_chat_id: string | null;
          telegram_enabled: boolean;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          alert_types?: string[];
          created_at?: string;
          discord_enabled?: boolean;
          discord_webhook_hint?: never;
          discord_webhook_url?: string | null;
          email_enabled?: boolean;
          push_enabled?: boolean;
          quiet_hours_end?: string | null;
          quiet_hours_start?: string | null;
          quiet_hours_timezone?: string;
          telegram_chat_id?: string | null;
          telegram_enabled?: boolean;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          alert_types?: string[];
          created_at?: string;
          discord_enabled?: boolean;
          discord_webhook_hint?: never;
          discord_webhook_url?: string | null;
          email_enabled?: boolean;
          push_enabled?: boolean;
          quiet_hours_end?: string | null;
          quiet_hours_start?: string | null;
          quiet_hours_timezone?: string;
          telegram_chat_id?: string | null;
          telegram_enabled?: boolean;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      alert_rules: {
        Row: {
          alert_type: string;
          bot_id: string | null;
          channels: string[];
          condition: NonNullable<Json>;
          cooldown_seconds: number;
          created_at: string;
          enabled: boolean;
          id: string;
          last_triggered_at: string | null;
          name: string;
          symbol: string | null;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          alert_type?: string;
          bot_id?: string | null;
          channels?: string[];
          condition: NonNullable<Json>;
          cooldown_seconds?: number;
          created_at?: string;
          enabled?: boolean;
          id?: string;
          last_triggered_at?: string | null;
          name: string;
          symbol?: string | null;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          alert_type?: string;
          bot_id?: string | null;
          channels?: string[];
          condition?: NonNullable<Json>;
          cooldown_seconds?: number;
          created_at?: string;
          enabled?: boolean;
          id?: string;
          last_triggered_at?: string | null;
          name?: string;
          symbol?: string | null;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'alert_rules_bot_id_fkey';
            columns: ['bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'bots';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      api_keys: {
        Row: {
          created_at: string;
          expires_at: string | null;
          id: string;
          ip_allowlist: unknown[];
          last_used_at: string | null;
          last_used_ip: unknown;
          name: string;
          permissions: string[];
          prefix: string;
          revoked_at: string | null;
          secret_hash: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          expires_at?: string | null;
          id?: string;
          ip_allowlist?: unknown[];
          last_used_at?: string | null;
          last_used_ip?: unknown;
          name: string;
          permissions: string[];
          prefix: string;
          revoked_at?: string | null;
          secret_hash: string;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          created_at?: string;
          expires_at?: string | null;
          id?: string;
          ip_allowlist?: unknown[];
          last_used_at?: string | null;
          last_used_ip?: unknown;
          name?: string;
          permissions?: string[];
          prefix?: string;
          revoked_at?: string | null;
          secret_hash?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      audit_log: {
        Row: {
          action: string;
          actor: string;
          actor_id: string | null;
          after: Json | null;
          before: Json | null;
          chain: string;
          content_hash: string;
          created_at: string;
          details: Json | null;
          hash: string;
          ip: unknown;
          origin_hash: string;
          request_id: string | null;
          resource_id: string | null;
          resource_type: string;
          seq: number;
          user_agent: string | null;
          user_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          action: string;
          actor: string;
          actor_id?: string | null;
          after?: Json | null;
          before?: Json | null;
          chain: string;
          content_hash: string;
          created_at: string;
          details?: Json | null;
          hash: string;
          ip?: unknown;
          origin_hash: string;
          request_id?: string | null;
          resource_id?: string | null;
          resource_type: string;
          seq: number;
          user_agent?: string | null;
          user_id?: string | null;
        };
        Update: {
          action?: string;
          actor?: string;
          actor_id?: string | null;
          after?: Json | null;
          before?: Json | null;
          chain?: string;
          content_hash?: string;
          created_at?: string;
          details?: Json | null;
          hash?: string;
          ip?: unknown;
          origin_hash?: string;
          request_id?: string | null;
          resource_id?: string | null;
          resource_type?: string;
          seq?: number;
          user_agent?: string | null;
          user_id?: string | null;
        };
        Relationships: [];
      };
      backtest_orders: {
        Row: {
          average_price: number | null;
          backtest_id: string;
          fee: number;
          filled_quantity: number;
          instrument_id: number;
          last_fill_at: string | null;
          limit_price: number | null;
          order_type: string;
          outcome: string;
          placed_at: string;
          placed_bar: number;
          quantity: number;
          reason: string | null;
          reject_reason: string | null;
          seq: number;
          side: string;
          slippage: number;
          stop_price: number | null;
          symbol: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          average_price?: number | null;
          backtest_id: string;
          fee?: number;
          filled_quantity: number;
          instrument_id: number;
          last_fill_at?: string | null;
          limit_price?: number | null;
          order_type: string;
          outcome: string;
          placed_at: string;
          placed_bar: number;
          quantity: number;
          reason?: string | null;
          reject_reason?: string | null;
          seq: number;
          side: string;
          slippage?: number;
          stop_price?: number | null;
          symbol: string;
          user_id: string;
        };
        Update: {
          average_price?: number | null;
          backtest_id?: string;
          fee?: number;
          filled_quantity?: number;
          instrument_id?: number;
          last_fill_at?: string | null;
          limit_price?: number | null;
          order_type?: string;
          outcome?: string;
          placed_at?: string;
          placed_bar?: number;
          quantity?: number;
          reason?: string | null;
          reject_reason?: string | null;
          seq?: number;
          side?: string;
          slippage?: number;
          stop_price?: number | null;
          symbol?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'backtest_orders_backtest_id_fkey';
            columns: ['user_id', 'backtest_id'];
            isOneToOne: false;
            referencedRelation: 'backtests';
            referencedColumns: ['user_id', 'id'];
          },
        ];
      };
      backtest_results: {
        Row: {
          ambiguity: Json | null;
          backtest_id: string;
          created_at: string;
          data_quality: Json | null;
          equity: number[];
          equity_at: string[];
          metric_version: number | null;
          receipt: Json | null;
          report: Json | null;
          stored_orders: number;
          stored_trades: number;
          summary: NonNullable<Json>;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          ambiguity?: Json | null;
          backtest_id: string;
          created_at?: string;
          data_quality?: Json | null;
          equity: number[];
          equity_at: string[];
          metric_version?: number | null;
          receipt?: Json | null;
          report?: Json | null;
          stored_orders?: number;
          stored_trades: number;
          summary: NonNullable<Json>;
          user_id: string;
        };
        Update: {
          ambiguity?: Json | null;
          backtest_id?: string;
          created_at?: string;
          data_quality?: Json | null;
          equity?: number[];
          equity_at?: string[];
          metric_version?: number | null;
          receipt?: Json | null;
          report?: Json | null;
          stored_orders?: number;
          stored_trades?: number;
          summary?: NonNullable<Json>;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'backtest_results_backtest_id_fkey';
            columns: ['backtest_id', 'user_id'];
            isOneToOne: true;
            referencedRelation: 'backtests';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      backtest_trades: {
        Row: {
          backtest_id: string;
          carry: number | null;
          entry_at: string;
          entry_bar: number;
          entry_price: number;
          exit_at: string;
          exit_bar: number;
          exit_price: number;
          exit_reason: string | null;
          fee: number;
          instrument_id: number | null;
          mae_pct: number | null;
          mfe_pct: number | null;
          pnl: number;
          quantity: number;
          return_pct: number;
          seq: number;
          side: string;
          slippage: number | null;
          symbol: string | null;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          backtest_id: string;
          carry?: number | null;
          entry_at: string;
          entry_bar: number;
          entry_price: number;
          exit_at: string;
          exit_bar: number;
          exit_price: number;
          exit_reason?: string | null;
          fee: number;
          instrument_id?: number | null;
          mae_pct?: number | null;
          mfe_pct?: number | null;
          pnl: number;
          quantity: number;
          return_pct: number;
          seq: number;
          side: string;
          slippage?: number | null;
          symbol?: string | null;
          user_id: string;
        };
        Update: {
          backtest_id?: string;
          carry?: number | null;
          entry_at?: string;
          entry_bar?: number;
          entry_price?: number;
          exit_at?: string;
          exit_bar?: number;
          exit_price?: number;
          exit_reason?: string | null;
          fee?: number;
          instrument_id?: number | null;
          mae_pct?: number | null;
          mfe_pct?: number | null;
          pnl?: number;
          quantity?: number;
          return_pct?: number;
          seq?: number;
          side?: string;
          slippage?: number | null;
          symbol?: string | null;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'backtest_trades_backtest_id_fkey';
            columns: ['user_id', 'backtest_id'];
            isOneToOne: false;
            referencedRelation: 'backtests';
            referencedColumns: ['user_id', 'id'];
          },
        ];
      };
      backtests: {
        Row: {
          attempt: number;
          created_at: string;
          data_version: number | null;
          data_versions: Json | null;
          engine_version: string | null;
          error: Json | null;
          fee_bps: number;
          finer_timeframe: string | null;
          finished_at: string | null;
          further_instrument_ids: number[];
          further_symbols: string[];
          id: string;
          initial_cash: number;
          instrument_id: number;
          name: string | null;
          note: string | null;
          progress: number;
          range_end: string | null;
          range_start: string | null;
          seed: number | null;
          settings: NonNullable<Json>;
          started_at: string | null;
          status: string;
          strategy: NonNullable<Json>;
          strategy_version_id: string | null;
          symbol: string;
          timeframe: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          attempt?: number;
          created_at?: string;
          data_version?: number | null;
          data_versions?: Json | null;
          engine_version?: string | null;
          error?: Json | null;
          fee_bps?: number;
          finer_timeframe?: string | null;
          finished_at?: string | null;
          further_instrument_ids?: number[];
          further_symbols?: string[];
          id?: string;
          initial_cash?: number;
          instrument_id: number;
          name?: string | null;
          note?: string | null;
          progress?: number;
          range_end?: string | null;
          range_start?: string | null;
          seed?: number | null;
          settings?: NonNullable<Json>;
          started_at?: string | null;
          status?: string;
          strategy: NonNullable<Json>;
          strategy_version_id?: string | null;
          symbol: string;
          timeframe: string;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          attempt?: number;
          created_at?: string;
          data_version?: number | null;
          data_versions?: Json | null;
          engine_version?: string | null;
          error?: Json | null;
          fee_bps?: number;
          finer_timeframe?: string | null;
          finished_at?: string | null;
          further_instrument_ids?: number[];
          further_symbols?: string[];
          id?: string;
          initial_cash?: number;
          instrument_id?: number;
          name?: string | null;
          note?: string | null;
          progress?: number;
          range_end?: string | null;
          range_start?: string | null;
          seed?: number | null;
          settings?: NonNullable<Json>;
          started_at?: string | null;
          status?: string;
          strategy?: NonNullable<Json>;
          strategy_version_id?: string | null;
          symbol?: string;
          timeframe?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'backtests_coverage_fkey';
            columns: ['instrument_id', 'timeframe'];
            isOneToOne: false;
            referencedRelation: 'candle_coverage';
            referencedColumns: ['instrument_id', 'timeframe'];
          },
          {
            foreignKeyName: 'backtests_strategy_version_id_fkey';
            columns: ['strategy_version_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'strategy_versions';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      bot_events: {
        Row: {
          bot_id: string | null;
          created_at: string;
          id: number;
          message: string;
          metadata: NonNullable<Json>;
          occurred_at: string;
          run_id: string | null;
          severity: string;
          strategy_id: string | null;
          type: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          bot_id?: string | null;
          created_at?: string;
          id?: never;
          message: string;
          metadata?: NonNullable<Json>;
          occurred_at?: string;
          run_id?: string | null;
          severity?: string;
          strategy_id?: string | null;
          type: string;
          user_id: string;
        };
        Update: {
          bot_id?: string | null;
          created_at?: string;
          id?: never;
          message?: string;
          metadata?: NonNullable<Json>;
          occurred_at?: string;
          run_id?: string | null;
          severity?: string;
          strategy_id?: string | null;
          type?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'bot_events_bot_id_fkey';
            columns: ['bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'bots';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'bot_events_run_id_fkey';
            columns: ['run_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'trading_runs';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'bot_events_strategy_id_fkey';
            columns: ['strategy_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'strategies';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      bot_leases: {
        Row: {
          acquired_at: string;
          bot_id: string;
          created_at: string;
          fencing_token: number;
          intent: string;
          reconciled: boolean;
          released_at: string | null;
          run_id: string;
          runner_session_id: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          acquired_at?: string;
          bot_id: string;
          created_at?: string;
          fencing_token: number;
          intent?: string;
          reconciled?: boolean;
          released_at?: string | null;
          run_id: string;
          runner_session_id: string;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          acquired_at?: string;
          bot_id?: string;
          created_at?: string;
          fencing_token?: number;
          intent?: string;
          reconciled?: boolean;
          released_at?: string | null;
          run_id?: string;
          runner_session_id?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'bot_leases_bot_id_fkey';
            columns: ['bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'bots';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'bot_leases_run_id_fkey';
            columns: ['run_id', 'bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'trading_runs';
            referencedColumns: ['id', 'bot_id', 'user_id'];
          },
          {
            foreignKeyName: 'bot_leases_runner_session_id_fkey';
            columns: ['runner_session_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'runner_sessions';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      bots: {
        Row: {
          created_at: string;
          credential_id: string | null;
          current_balance: number | null;
          daily_risk_cap: number | null;
          description: string | null;
          error_count: number;
          id: string;
          initial_balance: number | null;
          last_error: string | null;
          last_heartbeat_at: string | null;
          last_run_at: string | null;
          max_daily_trades: number | null;
          max_drawdown_pct: number | null;
          max_open_positions: number | null;
          max_order_value: number | null;
          max_symbol_exposure: number | null;
          metadata: NonNullable<Json>;
          mode: string;
          name: string;
          offline_policy: string;
          parameters: NonNullable<Json>;
          risk_per_trade: number | null;
          schedule_days: number[];
          schedule_end_time: string | null;
          schedule_exchange: string | null;
          schedule_start_time: string | null;
          schedule_timezone: string;
          settings: NonNullable<Json>;
          started_at: string | null;
          status: string;
          strategy_id: string | null;
          strategy_type: string;
          strategy_version: number | null;
          symbols: string[];
          timeframe: string | null;
          total_pnl: number;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          credential_id?: string | null;
          current_balance?: number | null;
          daily_risk_cap?: number | null;
          description?: string | null;
          error_count?: number;
          id?: string;
          initial_balance?: number | null;
          last_error?: string | null;
          last_heartbeat_at?: string | null;
          last_run_at?: string | null;
          max_daily_trades?: number | null;
          max_drawdown_pct?: number | null;
          max_open_positions?: number | null;
          max_order_value?: number | null;
          max_symbol_exposure?: number | null;
          metadata?: NonNullable<Json>;
          mode?: string;
          name: string;
          offline_policy?: string;
          parameters?: NonNullable<Json>;
          risk_per_trade?: number | null;
          schedule_days?: number[];
          schedule_end_time?: string | null;
          schedule_exchange?: string | null;
          schedule_start_time?: string | null;
          schedule_timezone?: string;
          settings?: NonNullable<Json>;
          started_at?: string | null;
          status?: string;
          strategy_id?: string | null;
          strategy_type: string;
          strategy_version?: number | null;
          symbols: string[];
          timeframe?: string | null;
          total_pnl?: number;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          created_at?: string;
          credential_id?: string | null;
          current_balance?: number | null;
          daily_risk_cap?: number | null;
          description?: string | null;
          error_count?: number;
          id?: string;
          initial_balance?: number | null;
          last_error?: string | null;
          last_heartbeat_at?: string | null;
          last_run_at?: string | null;
          max_daily_trades?: number | null;
          max_drawdown_pct?: number | null;
          max_open_positions?: number | null;
          max_order_value?: number | null;
          max_symbol_exposure?: number | null;
          metadata?: NonNullable<Json>;
          mode?: string;
          name?: string;
          offline_policy?: string;
          parameters?: NonNullable<Json>;
          risk_per_trade?: number | null;
          schedule_days?: number[];
          schedule_end_time?: string | null;
          schedule_exchange?: string | null;
          schedule_start_time?: string | null;
          schedule_timezone?: string;
          settings?: NonNullable<Json>;
          started_at?: string | null;
          status?: string;
          strategy_id?: string | null;
          strategy_type?: string;
          strategy_version?: number | null;
          symbols?: string[];
          timeframe?: string | null;
          total_pnl?: number;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'bots_credential_id_fkey';
            columns: ['credential_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'exchange_credentials';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'bots_schedule_exchange_fkey';
            columns: ['schedule_exchange'];
            isOneToOne: false;
            referencedRelation: 'exchange_sessions';
            referencedColumns: ['exchange'];
          },
          {
            foreignKeyName: 'bots_strategy_version_fkey';
            columns: ['strategy_id', 'strategy_version', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'strategy_versions';
            referencedColumns: ['strategy_id', 'version', 'user_id'];
          },
        ];
      };
      candle_coverage: {
        Row: {
          candle_count: number;
          first_at: string;
          instrument_id: number;
          last_at: string;
          timeframe: string;
          updated_at: string;
          version: number;
        };
        ComputedFields: never;
        Insert: {
          candle_count: number;
          first_at: string;
          instrument_id: number;
          last_at: string;
          timeframe: string;
          updated_at?: string;
          version?: number;
        };
        Update: {
          candle_count?: number;
          first_at?: string;
          instrument_id?: number;
          last_at?: string;
          timeframe?: string;
          updated_at?: string;
          version?: number;
        };
        Relationships: [
          {
            foreignKeyName: 'candle_coverage_instrument_id_fkey';
            columns: ['instrument_id'];
            isOneToOne: false;
            referencedRelation: 'instruments';
            referencedColumns: ['id'];
          },
        ];
      };
      candle_gaps: {
        Row: {
          detected_at: string;
          from_at: string;
          instrument_id: number;
          kind: string;
          missing_candles: number | null;
          timeframe: string;
          to_at: string;
        };
        ComputedFields: never;
        Insert: {
          detected_at?: string;
          from_at: string;
          instrument_id: number;
          kind: string;
          missing_candles?: number | null;
          timeframe: string;
          to_at: string;
        };
        Update: {
          detected_at?: string;
          from_at?: string;
          instrument_id?: number;
          kind?: string;
          missing_candles?: number | null;
          timeframe?: string;
          to_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'candle_gaps_instrument_id_fkey';
            columns: ['instrument_id', 'timeframe'];
            isOneToOne: false;
            referencedRelation: 'candle_coverage';
            referencedColumns: ['instrument_id', 'timeframe'];
          },
        ];
      };
      candles: {
        Row: {
          close: number;
          high: number;
          instrument_id: number;
          low: number;
          open: number;
          timeframe: string;
          ts: string;
          volume: number;
        };
        ComputedFields: never;
        Insert: {
          close: number;
          high: number;
          instrument_id: number;
          low: number;
          open: number;
          timeframe: string;
          ts: string;
          volume: number;
        };
        Update: {
          close?: number;
          high?: number;
          instrument_id?: number;
          low?: number;
          open?: number;
          timeframe?: string;
          ts?: string;
          volume?: number;
        };
        Relationships: [];
      };
      channel_configs: {
        Row: {
          channel: string;
          created_at: string;
          enabled: boolean;
          max_attempts: number;
          messages_per_window: number;
          provider: string | null;
          retry_delay_seconds: number;
          settings: NonNullable<Json>;
          timeout_ms: number;
          updated_at: string;
          updated_by: string | null;
          window_seconds: number;
        };
        ComputedFields: never;
        Insert: {
          channel: string;
          created_at?: string;
          enabled?: boolean;
          max_attempts?: number;
          messages_per_window?: number;
          provider?: string | null;
          retry_delay_seconds?: number;
          settings?: NonNullable<Json>;
          timeout_ms?: number;
          updated_at?: string;
          updated_by?: string | null;
          window_seconds?: number;
        };
        Update: {
          channel?: string;
          created_at?: string;
          enabled?: boolean;
          max_attempts?: number;
          messages_per_window?: number;
          provider?: string | null;
          retry_delay_seconds?: number;
          settings?: NonNullable<Json>;
          timeout_ms?: number;
          updated_at?: string;
          updated_by?: string | null;
          window_seconds?: number;
        };
        Relationships: [];
      };
      contact_messages: {
        Row: {
          created_at: string;
          email: string;
          id: string;
          message: string;
          name: string;
          responded_at: string | null;
          responded_by: string | null;
          response: string | null;
          status: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          email: string;
          id?: string;
          message: string;
          name: string;
          responded_at?: string | null;
          responded_by?: string | null;
          response?: string | null;
          status?: string;
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          email?: string;
          id?: string;
          message?: string;
          name?: string;
          responded_at?: string | null;
          responded_by?: string | null;
          response?: string | null;
          status?: string;
          updated_at?: string;
        };
        Relationships: [];
      };
      credential_access_log: {
        Row: {
          bot_id: string | null;
          credential_id: string | null;
          credential_name: string;
          id: number;
          job_id: string | null;
          opened_at: string;
          opened_by: string;
          order_id: string | null;
          purpose: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          bot_id?: string | null;
          credential_id?: string | null;
          credential_name: string;
          id?: never;
          job_id?: string | null;
          opened_at?: string;
          opened_by: string;
          order_id?: string | null;
          purpose: string;
          user_id: string;
        };
        Update: {
          bot_id?: string | null;
          credential_id?: string | null;
          credential_name?: string;
          id?: never;
          job_id?: string | null;
          opened_at?: string;
          opened_by?: string;
          order_id?: string | null;
          purpose?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'credential_access_log_credential_id_fkey';
            columns: ['credential_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'exchange_credentials';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      daily_performance: {
        Row: {
          avg_trade_pnl: number | null;
          bot_id: string;
          created_at: string;
          cumulative_pnl: number;
          daily_pnl: number;
          fees: number;
          losing_trades: number;
          max_drawdown_pct: number | null;
          num_trades: number;
          pnl_stddev: number | null;
          trade_date: string;
          trade_type: string;
          updated_at: string;
          user_id: string;
          win_rate_pct: number | null;
          winning_trades: number;
        };
        ComputedFields: never;
        Insert: {
          avg_trade_pnl?: number | null;
          bot_id: string;
          created_at?: string;
          cumulative_pnl?: number;
          daily_pnl?: number;
          fees?: number;
          losing_trades?: number;
          max_drawdown_pct?: number | null;
          num_trades?: number;
          pnl_stddev?: number | null;
          trade_date: string;
          trade_type: string;
          updated_at?: string;
          user_id: string;
          win_rate_pct?: number | null;
          winning_trades?: number;
        };
        Update: {
          avg_trade_pnl?: number | null;
          bot_id?: string;
          created_at?: string;
          cumulative_pnl?: number;
          daily_pnl?: number;
          fees?: number;
          losing_trades?: number;
          max_drawdown_pct?: number | null;
          num_trades?: number;
          pnl_stddev?: number | null;
          trade_date?: string;
          trade_type?: string;
          updated_at?: string;
          user_id?: string;
          win_rate_pct?: number | null;
          winning_trades?: number;
        };
        Relationships: [
          {
            foreignKeyName: 'daily_performance_bot_id_fkey';
            columns: ['bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'bots';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      events: {
        Row: {
          created_at: string;
          event: string;
          payload: NonNullable<Json>;
          seq: number;
          topic: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          event: string;
          payload: NonNullable<Json>;
          seq: number;
          topic: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          event?: string;
          payload?: NonNullable<Json>;
          seq?: number;
          topic?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      exchange_closures: {
        Row: {
          closes_at: string | null;
          day: string;
          exchange: string;
          name: string;
        };
        ComputedFields: never;
        Insert: {
          closes_at?: string | null;
          day: string;
          exchange: string;
          name: string;
        };
        Update: {
          closes_at?: string | null;
          day?: string;
          exchange?: string;
          name?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'exchange_closures_exchange_fkey';
            columns: ['exchange'];
            isOneToOne: false;
            referencedRelation: 'exchange_sessions';
            referencedColumns: ['exchange'];
          },
        ];
      };
      exchange_credentials: {
        Row: {
          ciphertext: string;
          created_at: string;
          encryption_key_id: string;
          exchange: string;
          has_passphrase: boolean;
          id: string;
          is_sandbox: boolean;
          key_hint: string;
          last_tested_at: string | null;
          last_used_at: string | null;
          name: string;
          status: string;
          test_error: string | null;
          test_requested_at: string | null;
          test_status: string | null;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          ciphertext: string;
          created_at?: string;
          encryption_key_id: string;
          exchange: string;
          has_passphrase: boolean;
          id?: string;
          is_sandbox?: boolean;
          key_hint: string;
          last_tested_at?: string | null;
          last_used_at?: string | null;
          name: string;
          status?: string;
          test_error?: string | null;
          test_requested_at?: string | null;
          test_status?: string | null;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          ciphertext?: string;
          created_at?: string;
          encryption_key_id?: string;
          exchange?: string;
          has_passphrase?: boolean;
          id?: string;
          is_sandbox?: boolean;
          key_hint?: string;
          last_tested_at?: string | null;
          last_used_at?: string | null;
          name?: string;
          status?: string;
          test_error?: string | null;
          test_requested_at?: string | null;
          test_status?: string | null;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      exchange_sessions: {
        Row: {
          closures_from: string | null;
          closures_until: string | null;
          days: number[];
          description: string;
          end_time: string | null;
          exchange: string;
          start_time: string | null;
          timezone: string;
        };
        ComputedFields: never;
        Insert: {
          closures_from?: string | null;
          closures_until?: string | null;
          days: number[];
          description: string;
          end_time?: string | null;
          exchange: string;
          start_time?: string | null;
          timezone: string;
        };
        Update: {
          closures_from?: string | null;
          closures_until?: string | null;
          days?: number[];
          description?: string;
          end_time?: string | null;
          exchange?: string;
          start_time?: string | null;
          timezone?: string;
        };
        Relationships: [];
      };
      fills: {
        Row: {
          created_at: string;
          executed_at: string;
          external_id: string | null;
          fee: number;
          fee_currency: string | null;
          liquidity: string | null;
          order_id: string | null;
          position_id: string | null;
          price: number;
          quantity: number;
          run_id: string;
          seq: number;
          side: string;
          symbol: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          executed_at: string;
          external_id?: string | null;
          fee?: number;
          fee_currency?: string | null;
          liquidity?: string | null;
          order_id?: string | null;
          position_id?: string | null;
          price: number;
          quantity: number;
          run_id: string;
          seq: number;
          side: string;
          symbol: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          executed_at?: string;
          external_id?: string | null;
          fee?: number;
          fee_currency?: string | null;
          liquidity?: string | null;
          order_id?: string | null;
          position_id?: string | null;
          price?: number;
          quantity?: number;
          run_id?: string;
          seq?: number;
          side?: string;
          symbol?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'fills_order_id_fkey';
            columns: ['order_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'orders';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'fills_position_id_fkey';
            columns: ['position_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'positions';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'fills_run_id_fkey';
            columns: ['run_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'trading_runs';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      indicator_values: {
        Row: {
          calculated_at: string;
          data_version: number;
          indicator: string;
          instrument_id: number;
          metadata: Json | null;
          params_digest: string;
          timeframe: string;
          ts: string;
          value: number | null;
        };
        ComputedFields: never;
        Insert: {
          calculated_at?: string;
          data_version: number;
          indicator: string;
          instrument_id: number;
          metadata?: Json | null;
          params_digest: string;
          timeframe: string;
          ts: string;
          value?: number | null;
        };
        Update: {
          calculated_at?: string;
          data_version?: number;
          indicator?: string;
          instrument_id?: number;
          metadata?: Json | null;
          params_digest?: string;
          timeframe?: string;
          ts?: string;
          value?: number | null;
        };
        Relationships: [];
      };
      instruments: {
        Row: {
          asset_class: string | null;
          base_currency: string | null;
          created_at: string;
          exchange: string | null;
          expires_at: string | null;
          id: number;
          is_active: boolean;
          lot_size: number | null;
          metadata: NonNullable<Json>;
          min_notional: number | null;
          min_quantity: number | null;
          multiplier: number;
          name: string | null;
          option_right: string | null;
          quote_currency: string | null;
          strike: number | null;
          symbol: string;
          tick_size: number | null;
          underlying_id: number | null;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          asset_class?: string | null;
          base_currency?: string | null;
          created_at?: string;
          exchange?: string | null;
          expires_at?: string | null;
          id?: never;
          is_active?: boolean;
          lot_size?: number | null;
          metadata?: NonNullable<Json>;
          min_notional?: number | null;
          min_quantity?: number | null;
          multiplier?: number;
          name?: string | null;
          option_right?: string | null;
          quote_currency?: string | null;
          strike?: number | null;
          symbol: string;
          tick_size?: number | null;
          underlying_id?: number | null;
          updated_at?: string;
        };
        Update: {
          asset_class?: string | null;
          base_currency?: string | null;
          created_at?: string;
          exchange?: string | null;
          expires_at?: string | null;
          id?: never;
          is_active?: boolean;
          lot_size?: number | null;
          metadata?: NonNullable<Json>;
          min_notional?: number | null;
          min_quantity?: number | null;
          multiplier?: number;
          name?: string | null;
          option_right?: string | null;
          quote_currency?: string | null;
          strike?: number | null;
          symbol?: string;
          tick_size?: number | null;
          underlying_id?: number | null;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'instruments_underlying_id_fkey';
            columns: ['underlying_id'];
            isOneToOne: false;
            referencedRelation: 'instruments';
            referencedColumns: ['id'];
          },
        ];
      };
      known_devices: {
        Row: {
          device_hash: string;
          first_seen_at: string;
          last_seen_at: string;
          network: unknown;
          user_agent: string | null;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          device_hash: string;
          first_seen_at: string;
          last_seen_at: string;
          network?: unknown;
          user_agent?: string | null;
          user_id: string;
        };
        Update: {
          device_hash?: string;
          first_seen_at?: string;
          last_seen_at?: string;
          network?: unknown;
          user_agent?: string | null;
          user_id?: string;
        };
        Relationships: [];
      };
      linked_accounts: {
        Row: {
          created_at: string;
          external_id: string;
          id: string;
          metadata: NonNullable<Json>;
          provider: string;
          updated_at: string;
          user_id: string;
          verified_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          external_id: string;
          id?: string;
          metadata?: NonNullable<Json>;
          provider: string;
          updated_at?: string;
          user_id: string;
          verified_at?: string;
        };
        Update: {
          created_at?: string;
          external_id?: string;
          id?: string;
          metadata?: NonNullable<Json>;
          provider?: string;
          updated_at?: string;
          user_id?: string;
          verified_at?: string;
        };
        Relationships: [];
      };
      market_regimes: {
        Row: {
          detected_at: string;
          end_at: string | null;
          instrument_id: number;
          iv_rank: number | null;
          metadata: NonNullable<Json>;
          method: string;
          realized_vol: number | null;
          return_pct: number | null;
          start_at: string;
          type: string;
        };
        ComputedFields: never;
        Insert: {
          detected_at?: string;
          end_at?: string | null;
          instrument_id: number;
          iv_rank?: number | null;
          metadata?: NonNullable<Json>;
          method: string;
          realized_vol?: number | null;
          return_pct?: number | null;
          start_at: string;
          type: string;
        };
        Update: {
          detected_at?: string;
          end_at?: string | null;
          instrument_id?: number;
          iv_rank?: number | null;
          metadata?: NonNullable<Json>;
          method?: string;
          realized_vol?: number | null;
          return_pct?: number | null;
          start_at?: string;
          type?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'market_regimes_instrument_id_fkey';
            columns: ['instrument_id'];
            isOneToOne: false;
            referencedRelation: 'instruments';
            referencedColumns: ['id'];
          },
        ];
      };
      message_deliveries: {
        Row: {
          attempts: number;
          channel: string;
          created_at: string;
          delivered_at: string | null;
          error: string | null;
          external_id: string | null;
          message_id: string;
          response_time_ms: number | null;
          sent_at: string | null;
          status: string;
          updated_at: string;
          user_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          attempts?: number;
          channel: string;
          created_at?: string;
          delivered_at?: string | null;
          error?: string | null;
          external_id?: string | null;
          message_id: string;
          response_time_ms?: number | null;
          sent_at?: string | null;
          status?: string;
          updated_at?: string;
          user_id?: string | null;
        };
        Update: {
          attempts?: number;
          channel?: string;
          created_at?: string;
          delivered_at?: string | null;
          error?: string | null;
          external_id?: string | null;
          message_id?: string;
          response_time_ms?: number | null;
          sent_at?: string | null;
          status?: string;
          updated_at?: string;
          user_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'message_deliveries_channel_fkey';
            columns: ['channel'];
            isOneToOne: false;
            referencedRelation: 'channel_configs';
            referencedColumns: ['channel'];
          },
          {
            foreignKeyName: 'message_deliveries_message_id_fkey';
            columns: ['message_id'];
            isOneToOne: false;
            referencedRelation: 'messages';
            referencedColumns: ['id'];
          },
          {
            foreignKeyName: 'message_deliveries_message_id_user_id_fkey';
            columns: ['message_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'messages';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      messages: {
        Row: {
          alert_id: string | null;
          attempts: number;
          body: string | null;
          channels: string[];
          created_at: string;
          id: string;
          last_error: string | null;
          max_attempts: number;
          message_type: string;
          metadata: NonNullable<Json>;
          priority: string;
          processed_at: string | null;
          recipient: string | null;
          scheduled_for: string;
          status: string;
          subject: string | null;
          template: string | null;
          template_data: NonNullable<Json>;
          updated_at: string;
          user_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          alert_id?: string | null;
          attempts?: number;
          body?: string | null;
          channels: string[];
          created_at?: string;
          id?: string;
          last_error?: string | null;
          max_attempts?: number;
          message_type: string;
          metadata?: NonNullable<Json>;
          priority?: string;
          processed_at?: string | null;
          recipient?: string | null;
          scheduled_for?: string;
          status?: string;
          subject?: string | null;
          template?: string | null;
          template_data?: NonNullable<Json>;
          updated_at?: string;
          user_id?: string | null;
        };
        Update: {
          alert_id?: string | null;
          attempts?: number;
          body?: string | null;
          channels?: string[];
          created_at?: string;
          id?: string;
          last_error?: string | null;
          max_attempts?: number;
          message_type?: string;
          metadata?: NonNullable<Json>;
          priority?: string;
          processed_at?: string | null;
          recipient?: string | null;
          scheduled_for?: string;
          status?: string;
          subject?: string | null;
          template?: string | null;
          template_data?: NonNullable<Json>;
          updated_at?: string;
          user_id?: string | null;
        };
        Relationships: [];
      };
      models: {
        Row: {
          accuracy: number | null;
          auc: number | null;
          created_at: string;
          data_version: number | null;
          feature_importance: Json | null;
          feature_spec: NonNullable<Json>;
          horizon: number;
          id: string;
          instrument_id: number;
          kind: string;
          learning_version: string | null;
          metrics: NonNullable<Json>;
          name: string;
          params: NonNullable<Json>;
          precision: number | null;
          recall: number | null;
          seed: number;
          stale_at: string | null;
          status: string;
          task: string;
          timeframe: string;
          trained_at: string | null;
          trained_from: string | null;
          trained_to: string | null;
          updated_at: string;
          user_id: string;
          version: number;
        };
        ComputedFields: never;
        Insert: {
          accuracy?: number | null;
          auc?: number | null;
          created_at?: string;
          data_version?: number | null;
          feature_importance?: Json | null;
          feature_spec: NonNullable<Json>;
          horizon?: number;
          id?: string;
          instrument_id: number;
          kind: string;
          learning_version?: string | null;
          metrics?: NonNullable<Json>;
          name: string;
          params?: NonNullable<Json>;
          precision?: number | null;
          recall?: number | null;
          seed?: number;
          stale_at?: string | null;
          status?: string;
          task: string;
          timeframe: string;
          trained_at?: string | null;
          trained_from?: string | null;
          trained_to?: string | null;
          updated_at?: string;
          user_id?: string;
          version?: number;
        };
        Update: {
          accuracy?: number | null;
          auc?: number | null;
          created_at?: string;
          data_version?: number | null;
          feature_importance?: Json | null;
          feature_spec?: NonNullable<Json>;
          horizon?: number;
          id?: string;
          instrument_id?: number;
          kind?: string;
          learning_version?: string | null;
          metrics?: NonNullable<Json>;
          name?: string;
          params?: NonNullable<Json>;
          precision?: number | null;
          recall?: number | null;
          seed?: number;
          stale_at?: string | null;
          status?: string;
          task?: string;
          timeframe?: string;
          trained_at?: string | null;
          trained_from?: string | null;
          trained_to?: string | null;
          updated_at?: string;
          user_id?: string;
          version?: number;
        };
        Relationships: [
          {
            foreignKeyName: 'models_coverage_fkey';
            columns: ['instrument_id', 'timeframe'];
            isOneToOne: false;
            referencedRelation: 'candle_coverage';
            referencedColumns: ['instrument_id', 'timeframe'];
          },
        ];
      };
      orders: {
        Row: {
          accepted_at: string | null;
          average_price: number | null;
          bot_id: string;
          broker_order_id: string | null;
          client_order_id: string;
          created_at: string;
          event_seq: number;
          expires_at: string | null;
          filled_quantity: number;
          filled_value: number;
          finished_at: string | null;
          id: string;
          is_sized_at_fill: boolean;
          limit_price: number | null;
          market_day: string | null;
          metadata: NonNullable<Json>;
          multiplier: number;
          option_details: Json | null;
          position_id: string | null;
          quantity: number;
          reason: string | null;
          reduce_only: boolean;
          reference_price: number | null;
          refusal_code: string | null;
          reject_reason: string | null;
          reserved_risk: number;
          reserved_value: number;
          run_id: string;
          side: string;
          status: string;
          stop_loss: number | null;
          stop_price: number | null;
          submitted_at: string | null;
          symbol: string;
          time_in_force: string;
          trade_id: string | null;
          trail_amount: number | null;
          trail_pct: number | null;
          type: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          accepted_at?: string | null;
          average_price?: number | null;
          bot_id: string;
          broker_order_id?: string | null;
          client_order_id: string;
          created_at?: string;
          event_seq?: number;
          expires_at?: string | null;
          filled_quantity?: number;
          filled_value?: number;
          finished_at?: string | null;
          id?: string;
          is_sized_at_fill?: boolean;
          limit_price?: number | null;
          market_day?: string | null;
          metadata?: NonNullable<Json>;
          multiplier?: number;
          option_details?: Json | null;
          position_id?: string | null;
          quantity: number;
          reason?: string | null;
          reduce_only?: boolean;
          reference_price?: number | null;
          refusal_code?: string | null;
          reject_reason?: string | null;
          reserved_risk?: number;
          reserved_value?: number;
          run_id: string;
          side: string;
          status?: string;
          stop_loss?: number | null;
          stop_price?: number | null;
          submitted_at?: string | null;
          symbol: string;
          time_in_force?: string;
          trade_id?: string | null;
          trail_amount?: number | null;
          trail_pct?: number | null;
          type: string;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          accepted_at?: string | null;
          average_price?: number | null;
          bot_id?: string;
          broker_order_id?: string | null;
          client_order_id?: string;
          created_at?: string;
          event_seq?: number;
          expires_at?: string | null;
          filled_quantity?: number;
          filled_value?: number;
          finished_at?: string | null;
          id?: string;
          is_sized_at_fill?: boolean;
          limit_price?: number | null;
          market_day?: string | null;
          metadata?: NonNullable<Json>;
          multiplier?: number;
          option_details?: Json | null;
          position_id?: string | null;
          quantity?: number;
          reason?: string | null;
          reduce_only?: boolean;
          reference_price?: number | null;
          refusal_code?: string | null;
          reject_reason?: string | null;
          reserved_risk?: number;
          reserved_value?: number;
          run_id?: string;
          side?: string;
          status?: string;
          stop_loss?: number | null;
          stop_price?: number | null;
          submitted_at?: string | null;
          symbol?: string;
          time_in_force?: string;
          trade_id?: string | null;
          trail_amount?: number | null;
          trail_pct?: number | null;
          type?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'orders_position_id_fkey';
            columns: ['position_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'positions';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'orders_run_id_fkey';
            columns: ['run_id', 'bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'trading_runs';
            referencedColumns: ['id', 'bot_id', 'user_id'];
          },
          {
            foreignKeyName: 'orders_trade_id_fkey';
            columns: ['trade_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'trades';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      performance_metrics: {
        Row: {
          bot_id: string;
          calculated_at: string;
          created_at: string;
          entry_logic_name: string | null;
          exit_logic_name: string | null;
          id: string;
          metric_version: number;
          metrics: NonNullable<Json>;
          symbol: string | null;
          timeframe: string | null;
          trade_type: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          bot_id: string;
          calculated_at?: string;
          created_at?: string;
          entry_logic_name?: string | null;
          exit_logic_name?: string | null;
          id?: string;
          metric_version: number;
          metrics: NonNullable<Json>;
          symbol?: string | null;
          timeframe?: string | null;
          trade_type: string;
          user_id: string;
        };
        Update: {
          bot_id?: string;
          calculated_at?: string;
          created_at?: string;
          entry_logic_name?: string | null;
          exit_logic_name?: string | null;
          id?: string;
          metric_version?: number;
          metrics?: NonNullable<Json>;
          symbol?: string | null;
          timeframe?: string | null;
          trade_type?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'performance_metrics_bot_id_fkey';
            columns: ['bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'bots';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      performance_snapshots: {
        Row: {
          bot_id: string | null;
          captured_at: string;
          drawdown: Json | null;
          id: number;
          metrics: NonNullable<Json>;
          pnl: NonNullable<Json>;
          positions: NonNullable<Json>;
          strategy_id: string | null;
          trades_count: number;
          user_id: string;
          win_rate: Json | null;
        };
        ComputedFields: never;
        Insert: {
          bot_id?: string | null;
          captured_at?: string;
          drawdown?: Json | null;
          id?: never;
          metrics?: NonNullable<Json>;
          pnl?: NonNullable<Json>;
          positions?: NonNullable<Json>;
          strategy_id?: string | null;
          trades_count?: number;
          user_id: string;
          win_rate?: Json | null;
        };
        Update: {
          bot_id?: string | null;
          captured_at?: string;
          drawdown?: Json | null;
          id?: never;
          metrics?: NonNullable<Json>;
          pnl?: NonNullable<Json>;
          positions?: NonNullable<Json>;
          strategy_id?: string | null;
          trades_count?: number;
          user_id?: string;
          win_rate?: Json | null;
        };
        Relationships: [
          {
            foreignKeyName: 'performance_snapshots_bot_id_fkey';
            columns: ['bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'bots';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      plan_quotas: {
        Row: {
          created_at: string;
          plan: string;
          quota: string;
          unit: string;
          updated_at: string;
          value: number | null;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          plan: string;
          quota: string;
          unit: string;
          updated_at?: string;
          value?: number | null;
        };
        Update: {
          created_at?: string;
          plan?: string;
          quota?: string;
          unit?: string;
          updated_at?: string;
          value?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: 'plan_quotas_plan_fkey';
            columns: ['plan'];
            isOneToOne: false;
            referencedRelation: 'plans';
            referencedColumns: ['plan'];
          },
        ];
      };
      plans: {
        Row: {
          created_at: string;
          description: string;
          plan: string;
          title: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          description: string;
          plan: string;
          title: string;
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          description?: string;
          plan?: string;
          title?: string;
          updated_at?: string;
        };
        Relationships: [];
      };
      positions: {
        Row: {
          bot_id: string;
          closed_at: string | null;
          created_at: string;
          direction: string;
          entered_quantity: number;
          entered_value: number;
          entry_logic: string | null;
          entry_price: number | null;
          event_seq: number;
          exit_logic: string | null;
          exit_price: number | null;
          exit_reason: string | null;
          exited_value: number;
          fees: number;
          id: string;
          mark_price: number | null;
          marked_at: string | null;
          market_context: Json | null;
          metadata: NonNullable<Json>;
          multiplier: number;
          open_fees: number;
          open_quantity: number;
          open_value: number;
          opened_at: string;
          option_details: Json | null;
          quantity: number;
          realized_pnl: number;
          reserved_risk: number;
          run_id: string;
          status: string;
          stop_loss: number | null;
          strategy: string | null;
          symbol: string;
          take_profit: number | null;
          unrealized_pnl: number;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          bot_id: string;
          closed_at?: string | null;
          created_at?: string;
          direction: string;
          entered_quantity?: number;
          entered_value?: number;
          entry_logic?: string | null;
          entry_price?: number | null;
          event_seq?: number;
          exit_logic?: string | null;
          exit_price?: number | null;
          exit_reason?: string | null;
          exited_value?: number;
          fees?: number;
          id?: string;
          mark_price?: number | null;
          marked_at?: string | null;
          market_context?: Json | null;
          metadata?: NonNullable<Json>;
          multiplier?: number;
          open_fees?: number;
          open_quantity: number;
          open_value?: number;
          opened_at: string;
          option_details?: Json | null;
          quantity: number;
          realized_pnl?: number;
          reserved_risk?: number;
          run_id: string;
          status?: string;
          stop_loss?: number | null;
          strategy?: string | null;
          symbol: string;
          take_profit?: number | null;
          unrealized_pnl?: number;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          bot_id?: string;
          closed_at?: string | null;
          created_at?: string;
          direction?: string;
          entered_quantity?: number;
          entered_value?: number;
          entry_logic?: string | null;
          entry_price?: number | null;
          event_seq?: number;
          exit_logic?: string | null;
          exit_price?: number | null;
          exit_reason?: string | null;
          exited_value?: number;
          fees?: number;
          id?: string;
          mark_price?: number | null;
          marked_at?: string | null;
          market_context?: Json | null;
          metadata?: NonNullable<Json>;
          multiplier?: number;
          open_fees?: number;
          open_quantity?: number;
          open_value?: number;
          opened_at?: string;
          option_details?: Json | null;
          quantity?: number;
          realized_pnl?: number;
          reserved_risk?: number;
          run_id?: string;
          status?: string;
          stop_loss?: number | null;
          strategy?: string | null;
          symbol?: string;
          take_profit?: number | null;
          unrealized_pnl?: number;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'positions_run_id_fkey';
            columns: ['run_id', 'bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'trading_runs';
            referencedColumns: ['id', 'bot_id', 'user_id'];
          },
        ];
      };
      predictions: {
        Row: {
          confidence: number | null;
          created_at: string;
          horizon: number;
          instrument_id: number;
          model_id: string;
          model_version: number;
          probabilities: Json | null;
          timeframe: string;
          ts: string;
          user_id: string;
          value: number | null;
        };
        ComputedFields: never;
        Insert: {
          confidence?: number | null;
          created_at?: string;
          horizon: number;
          instrument_id: number;
          model_id: string;
          model_version: number;
          probabilities?: Json | null;
          timeframe: string;
          ts: string;
          user_id: string;
          value?: number | null;
        };
        Update: {
          confidence?: number | null;
          created_at?: string;
          horizon?: number;
          instrument_id?: number;
          model_id?: string;
          model_version?: number;
          probabilities?: Json | null;
          timeframe?: string;
          ts?: string;
          user_id?: string;
          value?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: 'predictions_instrument_id_fkey';
            columns: ['instrument_id'];
            isOneToOne: false;
            referencedRelation: 'instruments';
            referencedColumns: ['id'];
          },
          {
            foreignKeyName: 'predictions_model_id_fkey';
            columns: ['model_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'models';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      profiles: {
        Row: {
          created_at: string;
          display_name: string | null;
          first_name: string | null;
          is_active: boolean;
          last_name: string | null;
          last_sign_in_at: string | null;
          locale: string;
          plan: string;
          preferences: NonNullable<Json>;
          timezone: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          display_name?: string | null;
          first_name?: string | null;
          is_active?: boolean;
          last_name?: string | null;
          last_sign_in_at?: string | null;
          locale?: string;
          plan?: string;
          preferences?: NonNullable<Json>;
          timezone?: string;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          display_name?: string | null;
          first_name?: string | null;
          is_active?: boolean;
          last_name?: string | null;
          last_sign_in_at?: string | null;
          locale?: string;
          plan?: string;
          preferences?: NonNullable<Json>;
          timezone?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'profiles_plan_fkey';
            columns: ['plan'];
            isOneToOne: false;
            referencedRelation: 'plans';
            referencedColumns: ['plan'];
          },
        ];
      };
      recovery_codes: {
        Row: {
          code_hash: string;
          created_at: string;
          expires_at: string;
          seq: number;
          used_at: string | null;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          code_hash: string;
          created_at?: string;
          expires_at: string;
          seq: number;
          used_at?: string | null;
          user_id: string;
        };
        Update: {
          code_hash?: string;
          created_at?: string;
          expires_at?: string;
          seq?: number;
          used_at?: string | null;
          user_id?: string;
        };
        Relationships: [];
      };
      run_logs: {
        Row: {
          created_at: string;
          data: Json | null;
          level: string;
          logged_at: string;
          message: string;
          run_id: string;
          seq: number;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          data?: Json | null;
          level?: string;
          logged_at: string;
          message: string;
          run_id: string;
          seq: number;
          user_id: string;
        };
        Update: {
          created_at?: string;
          data?: Json | null;
          level?: string;
          logged_at?: string;
          message?: string;
          run_id?: string;
          seq?: number;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'run_logs_run_id_fkey';
            columns: ['run_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'trading_runs';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      runner_commands: {
        Row: {
          acknowledged_at: string | null;
          attempt: number;
          bot_id: string | null;
          created_at: string;
          delivered_at: string | null;
          error: Json | null;
          expires_at: string;
          payload: NonNullable<Json>;
          runner_session_id: string;
          seq: number;
          status: string;
          type: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          acknowledged_at?: string | null;
          attempt?: number;
          bot_id?: string | null;
          created_at?: string;
          delivered_at?: string | null;
          error?: Json | null;
          expires_at?: string;
          payload?: NonNullable<Json>;
          runner_session_id: string;
          seq: number;
          status?: string;
          type: string;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          acknowledged_at?: string | null;
          attempt?: number;
          bot_id?: string | null;
          created_at?: string;
          delivered_at?: string | null;
          error?: Json | null;
          expires_at?: string;
          payload?: NonNullable<Json>;
          runner_session_id?: string;
          seq?: number;
          status?: string;
          type?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'runner_commands_bot_id_fkey';
            columns: ['bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'bots';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'runner_commands_runner_session_id_fkey';
            columns: ['runner_session_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'runner_sessions';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      runner_sessions: {
        Row: {
          active_bot_ids: string[];
          api_key_id: string;
          connected_at: string;
          created_at: string;
          disconnected_at: string | null;
          epoch: number;
          error: Json | null;
          id: string;
          ip: unknown;
          last_command_seq: number;
          last_heartbeat_at: string;
          machine_id: string;
          machine_info: NonNullable<Json>;
          status: string;
          updated_at: string;
          user_id: string;
          version: string;
        };
        ComputedFields: never;
        Insert: {
          active_bot_ids?: string[];
          api_key_id: string;
          connected_at?: string;
          created_at?: string;
          disconnected_at?: string | null;
          epoch?: number;
          error?: Json | null;
          id?: string;
          ip?: unknown;
          last_command_seq?: number;
          last_heartbeat_at?: string;
          machine_id: string;
          machine_info?: NonNullable<Json>;
          status?: string;
          updated_at?: string;
          user_id?: string;
          version?: string;
        };
        Update: {
          active_bot_ids?: string[];
          api_key_id?: string;
          connected_at?: string;
          created_at?: string;
          disconnected_at?: string | null;
          epoch?: number;
          error?: Json | null;
          id?: string;
          ip?: unknown;
          last_command_seq?: number;
          last_heartbeat_at?: string;
          machine_id?: string;
          machine_info?: NonNullable<Json>;
          status?: string;
          updated_at?: string;
          user_id?: string;
          version?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'runner_sessions_api_key_id_fkey';
            columns: ['api_key_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'api_keys';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      schedule_runs: {
        Row: {
          attempt: number;
          created_at: string;
          enqueued_at: string | null;
          error: string | null;
          finished_at: string | null;
          id: string;
          job_snapshot: NonNullable<Json>;
          job_type: string;
          result: Json | null;
          schedule_id: string;
          scheduled_for: string;
          started_at: string | null;
          status: string;
          user_id: string | null;
          worker_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          attempt?: number;
          created_at?: string;
          enqueued_at?: string | null;
          error?: string | null;
          finished_at?: string | null;
          id?: string;
          job_snapshot?: NonNullable<Json>;
          job_type: string;
          result?: Json | null;
          schedule_id: string;
          scheduled_for: string;
          started_at?: string | null;
          status?: string;
          user_id?: string | null;
          worker_id?: string | null;
        };
        Update: {
          attempt?: number;
          created_at?: string;
          enqueued_at?: string | null;
          error?: string | null;
          finished_at?: string | null;
          id?: string;
          job_snapshot?: NonNullable<Json>;
          job_type?: string;
          result?: Json | null;
          schedule_id?: string;
          scheduled_for?: string;
          started_at?: string | null;
          status?: string;
          user_id?: string | null;
          worker_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'schedule_runs_schedule_id_fkey';
            columns: ['schedule_id'];
            isOneToOne: false;
            referencedRelation: 'schedules';
            referencedColumns: ['id'];
          },
          {
            foreignKeyName: 'schedule_runs_schedule_id_user_id_fkey';
            columns: ['schedule_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'schedules';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      schedules: {
        Row: {
          created_at: string;
          cron: string;
          enabled: boolean;
          id: string;
          job_type: string;
          last_run_at: string | null;
          name: string;
          next_run_at: string | null;
          target: string;
          task_params: NonNullable<Json>;
          timezone: string;
          updated_at: string;
          user_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          cron: string;
          enabled?: boolean;
          id?: string;
          job_type: string;
          last_run_at?: string | null;
          name: string;
          next_run_at?: string | null;
          target: string;
          task_params?: NonNullable<Json>;
          timezone?: string;
          updated_at?: string;
          user_id?: string | null;
        };
        Update: {
          created_at?: string;
          cron?: string;
          enabled?: boolean;
          id?: string;
          job_type?: string;
          last_run_at?: string | null;
          name?: string;
          next_run_at?: string | null;
          target?: string;
          task_params?: NonNullable<Json>;
          timezone?: string;
          updated_at?: string;
          user_id?: string | null;
        };
        Relationships: [];
      };
      security_events: {
        Row: {
          created_at: string;
          details: NonNullable<Json>;
          id: number;
          kind: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          details?: NonNullable<Json>;
          id?: never;
          kind: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          details?: NonNullable<Json>;
          id?: never;
          kind?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      sign_in_attempts: {
        Row: {
          created_at: string;
          ip: unknown;
          kind: string;
          outcome: string;
          slot: number;
          user_agent: string | null;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at: string;
          ip?: unknown;
          kind: string;
          outcome: string;
          slot: number;
          user_agent?: string | null;
          user_id: string;
        };
        Update: {
          created_at?: string;
          ip?: unknown;
          kind?: string;
          outcome?: string;
          slot?: number;
          user_agent?: string | null;
          user_id?: string;
        };
        Relationships: [];
      };
      signals: {
        Row: {
          created_at: string;
          executed: boolean;
          executed_at: string | null;
          indicators: NonNullable<Json>;
          model_id: string | null;
          order_id: string | null;
          price: number | null;
          reasons: NonNullable<Json>;
          run_id: string;
          seq: number;
          signal_at: string;
          strength: number | null;
          symbol: string;
          timeframe: string | null;
          type: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          executed?: boolean;
          executed_at?: string | null;
          indicators?: NonNullable<Json>;
          model_id?: string | null;
          order_id?: string | null;
          price?: number | null;
          reasons?: NonNullable<Json>;
          run_id: string;
          seq: number;
          signal_at: string;
          strength?: number | null;
          symbol: string;
          timeframe?: string | null;
          type: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          executed?: boolean;
          executed_at?: string | null;
          indicators?: NonNullable<Json>;
          model_id?: string | null;
          order_id?: string | null;
          price?: number | null;
          reasons?: NonNullable<Json>;
          run_id?: string;
          seq?: number;
          signal_at?: string;
          strength?: number | null;
          symbol?: string;
          timeframe?: string | null;
          type?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'signals_model_id_fkey';
            columns: ['model_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'models';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'signals_order_id_fkey';
            columns: ['order_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'orders';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'signals_run_id_fkey';
            columns: ['run_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'trading_runs';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      strategies: {
        Row: {
          created_at: string;
          current_version: number;
          description: string | null;
          id: string;
          is_active: boolean;
          name: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          current_version?: number;
          description?: string | null;
          id?: string;
          is_active?: boolean;
          name: string;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          created_at?: string;
          current_version?: number;
          description?: string | null;
          id?: string;
          is_active?: boolean;
          name?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      strategy_template_shares: {
        Row: {
          created_at: string;
          shared_with: string;
          template_id: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          shared_with: string;
          template_id: string;
          user_id?: string;
        };
        Update: {
          created_at?: string;
          shared_with?: string;
          template_id?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'strategy_template_shares_template_id_fkey';
            columns: ['template_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'strategy_templates';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      strategy_templates: {
        Row: {
          created_at: string;
          description: string | null;
          id: string;
          is_public: boolean;
          name: string;
          template_data: NonNullable<Json>;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          description?: string | null;
          id?: string;
          is_public?: boolean;
          name: string;
          template_data: NonNullable<Json>;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          created_at?: string;
          description?: string | null;
          id?: string;
          is_public?: boolean;
          name?: string;
          template_data?: NonNullable<Json>;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      strategy_trial_counts: {
        Row: {
          created_at: string;
          family: string;
          trial_count: number;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          family: string;
          trial_count?: number;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          family?: string;
          trial_count?: number;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      strategy_versions: {
        Row: {
          created_at: string;
          created_by: string | null;
          id: string;
          note: string | null;
          source: string | null;
          spec: NonNullable<Json>;
          strategy_id: string;
          user_id: string;
          version: number;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          created_by?: string | null;
          id?: string;
          note?: string | null;
          source?: string | null;
          spec: NonNullable<Json>;
          strategy_id: string;
          user_id?: string;
          version: number;
        };
        Update: {
          created_at?: string;
          created_by?: string | null;
          id?: string;
          note?: string | null;
          source?: string | null;
          spec?: NonNullable<Json>;
          strategy_id?: string;
          user_id?: string;
          version?: number;
        };
        Relationships: [
          {
            foreignKeyName: 'strategy_versions_strategy_id_fkey';
            columns: ['strategy_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'strategies';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      studies: {
        Row: {
          attempt: number;
          best_trial: number | null;
          created_at: string;
          data_version: number | null;
          direction: string;
          engine_version: string | null;
          error: Json | null;
          family: string | null;
          finished_at: string | null;
          id: string;
          instrument_id: number;
          kind: string;
          name: string;
          objective: string | null;
          planned_trials: number | null;
          progress: number;
          requested_trials: number | null;
          result: Json | null;
          search_space: NonNullable<Json>;
          seed: number;
          spec: NonNullable<Json>;
          started_at: string | null;
          status: string;
          strategy_version_id: string | null;
          symbol: string | null;
          timeframe: string;
          trial_count: number;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          attempt?: number;
          best_trial?: number | null;
          created_at?: string;
          data_version?: number | null;
          direction?: string;
          engine_version?: string | null;
          error?: Json | null;
          family?: string | null;
          finished_at?: string | null;
          id?: string;
          instrument_id: number;
          kind: string;
          name: string;
          objective?: string | null;
          planned_trials?: number | null;
          progress?: number;
          requested_trials?: number | null;
          result?: Json | null;
          search_space?: NonNullable<Json>;
          seed?: number;
          spec: NonNullable<Json>;
          started_at?: string | null;
          status?: string;
          strategy_version_id?: string | null;
          symbol?: string | null;
          timeframe: string;
          trial_count?: number;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          attempt?: number;
          best_trial?: number | null;
          created_at?: string;
          data_version?: number | null;
          direction?: string;
          engine_version?: string | null;
          error?: Json | null;
          family?: string | null;
          finished_at?: string | null;
          id?: string;
          instrument_id?: number;
          kind?: string;
          name?: string;
          objective?: string | null;
          planned_trials?: number | null;
          progress?: number;
          requested_trials?: number | null;
          result?: Json | null;
          search_space?: NonNullable<Json>;
          seed?: number;
          spec?: NonNullable<Json>;
          started_at?: string | null;
          status?: string;
          strategy_version_id?: string | null;
          symbol?: string | null;
          timeframe?: string;
          trial_count?: number;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'studies_coverage_fkey';
            columns: ['instrument_id', 'timeframe'];
            isOneToOne: false;
            referencedRelation: 'candle_coverage';
            referencedColumns: ['instrument_id', 'timeframe'];
          },
          {
            foreignKeyName: 'studies_strategy_version_id_fkey';
            columns: ['strategy_version_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'strategy_versions';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      system_config: {
        Row: {
          created_at: string;
          description: string;
          is_optional: boolean;
          key: string;
          max_value: number | null;
          min_value: number | null;
          updated_at: string;
          updated_by: string | null;
          value: NonNullable<Json>;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          description: string;
          is_optional?: boolean;
          key: string;
          max_value?: number | null;
          min_value?: number | null;
          updated_at?: string;
          updated_by?: string | null;
          value: NonNullable<Json>;
        };
        Update: {
          created_at?: string;
          description?: string;
          is_optional?: boolean;
          key?: string;
          max_value?: number | null;
          min_value?: number | null;
          updated_at?: string;
          updated_by?: string | null;
          value?: NonNullable<Json>;
        };
        Relationships: [];
      };
      system_health: {
        Row: {
          avg_response_time_ms: number | null;
          checked_at: string;
          component: string | null;
          created_at: string;
          error_message: string | null;
          failure_count: number;
          id: number;
          last_failure: string | null;
          last_success: string | null;
          metadata: NonNullable<Json>;
          status: string;
          system: string;
        };
        ComputedFields: never;
        Insert: {
          avg_response_time_ms?: number | null;
          checked_at?: string;
          component?: string | null;
          created_at?: string;
          error_message?: string | null;
          failure_count?: number;
          id?: never;
          last_failure?: string | null;
          last_success?: string | null;
          metadata?: NonNullable<Json>;
          status: string;
          system: string;
        };
        Update: {
          avg_response_time_ms?: number | null;
          checked_at?: string;
          component?: string | null;
          created_at?: string;
          error_message?: string | null;
          failure_count?: number;
          id?: never;
          last_failure?: string | null;
          last_success?: string | null;
          metadata?: NonNullable<Json>;
          status?: string;
          system?: string;
        };
        Relationships: [];
      };
      tasks: {
        Row: {
          created_at: string;
          error: Json | null;
          finished_at: string | null;
          id: string;
          kind: string;
          progress: number;
          queue_position: number | null;
          started_at: string | null;
          status: string;
          subject_id: string;
          title: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          error?: Json | null;
          finished_at?: string | null;
          id?: string;
          kind: string;
          progress?: number;
          queue_position?: number | null;
          started_at?: string | null;
          status?: string;
          subject_id: string;
          title: string;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          error?: Json | null;
          finished_at?: string | null;
          id?: string;
          kind?: string;
          progress?: number;
          queue_position?: number | null;
          started_at?: string | null;
          status?: string;
          subject_id?: string;
          title?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      telegram_broadcasts: {
        Row: {
          created_at: string;
          error: string | null;
          finished_at: string | null;
          id: string;
          message: string;
          sent_by: string | null;
          started_at: string | null;
          status: string;
          success_count: number;
          total_count: number;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          error?: string | null;
          finished_at?: string | null;
          id?: string;
          message: string;
          sent_by?: string | null;
          started_at?: string | null;
          status?: string;
          success_count?: number;
          total_count?: number;
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          error?: string | null;
          finished_at?: string | null;
          id?: string;
          message?: string;
          sent_by?: string | null;
          started_at?: string | null;
          status?: string;
          success_count?: number;
          total_count?: number;
          updated_at?: string;
        };
        Relationships: [];
      };
      telegram_command_audits: {
        Row: {
          command: string;
          created_at: string;
          error_message: string | null;
          full_message: string | null;
          id: number;
          is_registered_user: boolean;
          response_time_ms: number | null;
          success: boolean;
          telegram_user_id: string | null;
          user_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          command: string;
          created_at?: string;
          error_message?: string | null;
          full_message?: string | null;
          id?: never;
          is_registered_user?: boolean;
          response_time_ms?: number | null;
          success?: boolean;
          telegram_user_id?: string | null;
          user_id?: string | null;
        };
        Update: {
          command?: string;
          created_at?: string;
          error_message?: string | null;
          full_message?: string | null;
          id?: never;
          is_registered_user?: boolean;
          response_time_ms?: number | null;
          success?: boolean;
          telegram_user_id?: string | null;
          user_id?: string | null;
        };
        Relationships: [];
      };
      telegram_feedback: {
        Row: {
          created_at: string;
          id: string;
          message: string;
          status: string;
          type: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          id?: string;
          message: string;
          status?: string;
          type: string;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          created_at?: string;
          id?: string;
          message?: string;
          status?: string;
          type?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      telegram_settings: {
        Row: {
          created_at: string;
          description: string | null;
          key: string;
          updated_at: string;
          updated_by: string | null;
          value: string | null;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          description?: string | null;
          key: string;
          updated_at?: string;
          updated_by?: string | null;
          value?: string | null;
        };
        Update: {
          created_at?: string;
          description?: string | null;
          key?: string;
          updated_at?: string;
          updated_by?: string | null;
          value?: string | null;
        };
        Relationships: [];
      };
      trades: {
        Row: {
          bot_id: string;
          commission: number;
          created_at: string;
          direction: string;
          entry_at: string;
          entry_fill_seq: number | null;
          entry_logic: string | null;
          entry_price: number;
          event_seq: number;
          exit_at: string | null;
          exit_logic: string | null;
          exit_price: number | null;
          exit_reason: string | null;
          gross_pnl: number | null;
          id: string;
          market_context: Json | null;
          metadata: NonNullable<Json>;
          model_id: string | null;
          net_pnl: number | null;
          pnl_pct: number | null;
          position_id: string | null;
          quantity: number;
          run_id: string;
          status: string;
          stop_loss: number | null;
          strategy: string | null;
          symbol: string;
          take_profit: number | null;
          timeframe: string | null;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          bot_id: string;
          commission?: number;
          created_at?: string;
          direction: string;
          entry_at: string;
          entry_fill_seq?: number | null;
          entry_logic?: string | null;
          entry_price: number;
          event_seq?: number;
          exit_at?: string | null;
          exit_logic?: string | null;
          exit_price?: number | null;
          exit_reason?: string | null;
          gross_pnl?: number | null;
          id?: string;
          market_context?: Json | null;
          metadata?: NonNullable<Json>;
          model_id?: string | null;
          net_pnl?: number | null;
          pnl_pct?: number | null;
          position_id?: string | null;
          quantity: number;
          run_id: string;
          status?: string;
          stop_loss?: number | null;
          strategy?: string | null;
          symbol: string;
          take_profit?: number | null;
          timeframe?: string | null;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          bot_id?: string;
          commission?: number;
          created_at?: string;
          direction?: string;
          entry_at?: string;
          entry_fill_seq?: number | null;
          entry_logic?: string | null;
          entry_price?: number;
          event_seq?: number;
          exit_at?: string | null;
          exit_logic?: string | null;
          exit_price?: number | null;
          exit_reason?: string | null;
          gross_pnl?: number | null;
          id?: string;
          market_context?: Json | null;
          metadata?: NonNullable<Json>;
          model_id?: string | null;
          net_pnl?: number | null;
          pnl_pct?: number | null;
          position_id?: string | null;
          quantity?: number;
          run_id?: string;
          status?: string;
          stop_loss?: number | null;
          strategy?: string | null;
          symbol?: string;
          take_profit?: number | null;
          timeframe?: string | null;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'trades_model_id_fkey';
            columns: ['model_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'models';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'trades_position_id_fkey';
            columns: ['position_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'positions';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'trades_run_id_fkey';
            columns: ['run_id', 'bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'trading_runs';
            referencedColumns: ['id', 'bot_id', 'user_id'];
          },
        ];
      };
      trading_halts: {
        Row: {
          bot_id: string | null;
          close_positions: boolean;
          engaged_at: string;
          engaged_by: string | null;
          id: string;
          reason: string;
          released_at: string | null;
          released_by: string | null;
          scope: string;
          user_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          bot_id?: string | null;
          close_positions?: boolean;
          engaged_at?: string;
          engaged_by?: string | null;
          id?: string;
          reason: string;
          released_at?: string | null;
          released_by?: string | null;
          scope: string;
          user_id?: string | null;
        };
        Update: {
          bot_id?: string | null;
          close_positions?: boolean;
          engaged_at?: string;
          engaged_by?: string | null;
          id?: string;
          reason?: string;
          released_at?: string | null;
          released_by?: string | null;
          scope?: string;
          user_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'trading_halts_bot_id_fkey';
            columns: ['bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'bots';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      trading_runs: {
        Row: {
          bot_id: string;
          config: NonNullable<Json>;
          created_at: string;
          daily_pnl: number;
          day_start_pnl: number;
          ended_at: string | null;
          error: string | null;
          event_seq: number;
          id: string;
          last_bar_at: string | null;
          last_fill_seq: number;
          last_log_seq: number;
          last_report_seq: number;
          market_day: string | null;
          max_drawdown: number | null;
          metadata: NonNullable<Json>;
          mode: string;
          peak_pnl: number;
          started_at: string;
          status: string;
          total_pnl: number;
          trade_count: number;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          bot_id: string;
          config?: NonNullable<Json>;
          created_at?: string;
          daily_pnl?: number;
          day_start_pnl?: number;
          ended_at?: string | null;
          error?: string | null;
          event_seq?: number;
          id?: string;
          last_bar_at?: string | null;
          last_fill_seq?: number;
          last_log_seq?: number;
          last_report_seq?: number;
          market_day?: string | null;
          max_drawdown?: number | null;
          metadata?: NonNullable<Json>;
          mode: string;
          peak_pnl?: number;
          started_at?: string;
          status?: string;
          total_pnl?: number;
          trade_count?: number;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          bot_id?: string;
          config?: NonNullable<Json>;
          created_at?: string;
          daily_pnl?: number;
          day_start_pnl?: number;
          ended_at?: string | null;
          error?: string | null;
          event_seq?: number;
          id?: string;
          last_bar_at?: string | null;
          last_fill_seq?: number;
          last_log_seq?: number;
          last_report_seq?: number;
          market_day?: string | null;
          max_drawdown?: number | null;
          metadata?: NonNullable<Json>;
          mode?: string;
          peak_pnl?: number;
          started_at?: string;
          status?: string;
          total_pnl?: number;
          trade_count?: number;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'trading_runs_bot_id_fkey';
            columns: ['bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'bots';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      training_runs: {
        Row: {
          attempt: number;
          created_at: string;
          data_version: number | null;
          error: Json | null;
          finished_at: string | null;
          id: string;
          learning_version: string | null;
          metrics: Json | null;
          model_id: string;
          model_version: number | null;
          params: NonNullable<Json>;
          progress: number;
          started_at: string | null;
          status: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          attempt?: number;
          created_at?: string;
          data_version?: number | null;
          error?: Json | null;
          finished_at?: string | null;
          id?: string;
          learning_version?: string | null;
          metrics?: Json | null;
          model_id: string;
          model_version?: number | null;
          params?: NonNullable<Json>;
          progress?: number;
          started_at?: string | null;
          status?: string;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          attempt?: number;
          created_at?: string;
          data_version?: number | null;
          error?: Json | null;
          finished_at?: string | null;
          id?: string;
          learning_version?: string | null;
          metrics?: Json | null;
          model_id?: string;
          model_version?: number | null;
          params?: NonNullable<Json>;
          progress?: number;
          started_at?: string | null;
          status?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'training_runs_model_id_fkey';
            columns: ['model_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'models';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      trials: {
        Row: {
          created_at: string;
          error: string | null;
          finished_at: string | null;
          metrics: Json | null;
          number: number;
          objective_value: number | null;
          params: NonNullable<Json>;
          started_at: string | null;
          status: string;
          study_id: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          error?: string | null;
          finished_at?: string | null;
          metrics?: Json | null;
          number: number;
          objective_value?: number | null;
          params: NonNullable<Json>;
          started_at?: string | null;
          status?: string;
          study_id: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          error?: string | null;
          finished_at?: string | null;
          metrics?: Json | null;
          number?: number;
          objective_value?: number | null;
          params?: NonNullable<Json>;
          started_at?: string | null;
          status?: string;
          study_id?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'trials_study_id_fkey';
            columns: ['user_id', 'study_id'];
            isOneToOne: false;
            referencedRelation: 'studies';
            referencedColumns: ['user_id', 'id'];
          },
        ];
      };
      user_roles: {
        Row: {
          created_at: string;
          granted_by: string | null;
          role: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          granted_by?: string | null;
          role?: string;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          granted_by?: string | null;
          role?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      verification_codes: {
        Row: {
          attempts: number;
          code_hash: string;
          created_at: string;
          expires_at: string;
          provider: string;
          used_at: string | null;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          attempts?: number;
          code_hash: string;
          created_at?: string;
          expires_at: string;
          provider: string;
          used_at?: string | null;
          user_id: string;
        };
        Update: {
          attempts?: number;
          code_hash?: string;
          created_at?: string;
          expires_at?: string;
          provider?: string;
          used_at?: string | null;
          user_id?: string;
        };
        Relationships: [];
      };
      waitlist: {
        Row: {
          converted_at: string | null;
          created_at: string;
          email: string;
          id: string;
          invited_at: string | null;
          invited_by: string | null;
          metadata: NonNullable<Json>;
          source: string | null;
          status: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          converted_at?: string | null;
          created_at?: string;
          email: string;
          id?: string;
          invited_at?: string | null;
          invited_by?: string | null;
          metadata?: NonNullable<Json>;
          source?: string | null;
          status?: string;
          updated_at?: string;
        };
        Update: {
          converted_at?: string | null;
          created_at?: string;
          email?: string;
          id?: string;
          invited_at?: string | null;
          invited_by?: string | null;
          metadata?: NonNullable<Json>;
          source?: string | null;
          status?: string;
          updated_at?: string;
        };
        Relationships: [];
      };
      workspaces: {
        Row: {
          created_at: string;
          data: NonNullable<Json>;
          id: string;
          name: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          data?: NonNullable<Json>;
          id?: string;
          name: string;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          created_at?: string;
          data?: NonNullable<Json>;
          id?: string;
          name?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
    };
    Views: {
      [_ in never]: never;
    };
    Functions: {
      acknowledge_command: { Args: { p_error?: Json; p_seq: number }; Returns: string };
      admin_count: { Args: { p_status?: string; p_table: string }; Returns: number };
      admin_read: {
        Args: { p_filter?: Json; p_limit?: number; p_offset?: number; p_order?: string; p_table: string };
        Returns: Json[];
      };
      answer_contact_message: {
        Args: { p_contact_message_id: string; p_response: string };
        Returns: {
          created_at: string;
          email: string;
          id: string;
          message: string;
          name: string;
          responded_at: string | null;
          responded_by: string | null;
          response: string | null;
          status: string;
          updated_at: string;
        };
        SetofOptions: {
          from: '*';
          to: 'contact_messages';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      authenticate_api_key: {
        Args: { p_ip: unknown; p_key: string; p_permission?: string };
        Returns: Record<string, unknown>;
      };
      bot_performance: { Args: { p_bot_id: string; p_end_date?: string; p_start_date?: string }; Returns: Json };
      cancel_backtest: {
        Args: { p_backtest_id: string };
        Returns: {
          attempt: number;
          created_at: string;
          data_version: number | null;
          data_versions: Json | null;
          engine_version: string | null;
          error: Json | null;
          fee_bps: number;
          finer_timeframe: string | null;
          finished_at: string | null;
          further_instrument_ids: number[];
          further_symbols: string[];
          id: string;
          initial_cash: number;
          instrument_id: number;
          name: string | null;
          note: string | null;
          progress: number;
          range_end: string | null;
          range_start: string | null;
          seed: number | null;
          settings: NonNullable<Json>;
          started_at: string | null;
          status: string;
          strategy: NonNullable<Json>;
          strategy_version_id: string | null;
          symbol: string;
          timeframe: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'backtests';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      cancel_study: {
        Args: { p_study_id: string };
        Returns: {
          attempt: number;
          best_trial: number | null;
          created_at: string;
          data_version: number | null;
          direction: string;
          engine_version: string | null;
          error: Json | null;
          family: string | null;
          finished_at: string | null;
          id: string;
          instrument_id: number;
          kind: string;
          name: string;
          objective: string | null;
          planned_trials: number | null;
          progress: number;
          requested_trials: number | null;
          result: Json | null;
          search_space: NonNullable<Json>;
          seed: number;
          spec: NonNullable<Json>;
          started_at: string | null;
          status: string;
          strategy_version_id: string | null;
          symbol: string | null;
          timeframe: string;
          trial_count: number;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'studies';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      change_user: {
        Args: { p_is_active?: boolean; p_plan?: string; p_role?: string; p_user_id: string };
        Returns: undefined;
      };
      connect_runner: {
        Args: { p_ip: string; p_key: string; p_machine_id: string; p_machine_info?: Json; p_version?: string };
        Returns: Json;
      };
      count_run_logs: { Args: { p_levels?: string[]; p_run_id: string }; Returns: number };
      count_runner_authentication: { Args: { p_ip: string; p_key_prefix: string }; Returns: undefined };
      create_api_key: {
        Args: { p_expires_at?: string; p_ip_allowlist?: unknown[]; p_name: string; p_permissions: string[] };
        Returns: Record<string, unknown>;
      };
      create_backtest: {
        Args: {
          p_fee_bps?: number;
          p_finer_timeframe?: string;
          p_further_symbols?: string[];
          p_initial_cash?: number;
          p_name?: string;
          p_note?: string;
          p_range_end?: string;
          p_range_start?: string;
          p_seed?: number;
          p_settings?: Json;
          p_strategy?: Json;
          p_strategy_version_id?: string;
          p_symbol: string;
          p_timeframe: string;
        };
        Returns: {
          attempt: number;
          created_at: string;
          data_version: number | null;
          data_versions: Json | null;
          engine_version: string | null;
          error: Json | null;
          fee_bps: number;
          finer_timeframe: string | null;
          finished_at: string | null;
          further_instrument_ids: number[];
          further_symbols: string[];
          id: string;
          initial_cash: number;
          instrument_id: number;
          name: string | null;
          note: string | null;
          progress: number;
          range_end: string | null;
          range_start: string | null;
          seed: number | null;
          settings: NonNullable<Json>;
          started_at: string | null;
          status: string;
          strategy: NonNullable<Json>;
          strategy_version_id: string | null;
          symbol: string;
          timeframe: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'backtests';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      create_broadcast: {
        Args: { p_message: string };
        Returns: {
          created_at: string;
          error: string | null;
          finished_at: string | null;
          id: string;
          message: string;
          sent_by: string | null;
          started_at: string | null;
          status: string;
          success_count: number;
          total_count: number;
          updated_at: string;
        };
        SetofOptions: {
          from: '*';
          to: 'telegram_broadcasts';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      create_credential: { Args: { '': Json }; Returns: string };
      create_strategy: {
        Args: { p_description?: string; p_name: string; p_note?: string; p_source?: string; p_spec: Json };
        Returns: {
          created_at: string;
          current_version: number;
          description: string | null;
          id: string;
          is_active: boolean;
          name: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'strategies';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      create_study: {
        Args: {
          p_direction?: string;
          p_kind: string;
          p_name: string;
          p_objective?: string;
          p_planned_trials?: number;
          p_search_space?: Json;
          p_seed?: number;
          p_spec: Json;
          p_strategy_version_id?: string;
          p_symbol: string;
          p_timeframe: string;
        };
        Returns: {
          attempt: number;
          best_trial: number | null;
          created_at: string;
          data_version: number | null;
          direction: string;
          engine_version: string | null;
          error: Json | null;
          family: string | null;
          finished_at: string | null;
          id: string;
          instrument_id: number;
          kind: string;
          name: string;
          objective: string | null;
          planned_trials: number | null;
          progress: number;
          requested_trials: number | null;
          result: Json | null;
          search_space: NonNullable<Json>;
          seed: number;
          spec: NonNullable<Json>;
          started_at: string | null;
          status: string;
          strategy_version_id: string | null;
          symbol: string | null;
          timeframe: string;
          trial_count: number;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'studies';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      disconnect_runner: { Args: Record<PropertyKey, never>; Returns: undefined };
      engage_emergency_stop: {
        Args: { p_bot_id?: string; p_close_positions?: boolean; p_reason: string; p_scope: string };
        Returns: {
          bot_id: string | null;
          close_positions: boolean;
          engaged_at: string;
          engaged_by: string | null;
          id: string;
          reason: string;
          released_at: string | null;
          released_by: string | null;
          scope: string;
          user_id: string | null;
        };
        SetofOptions: {
          from: '*';
          to: 'trading_halts';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      finish_account_link: {
        Args: { p_code: string; p_external_id: string; p_metadata?: Json; p_provider: string };
        Returns: Json;
      };
      generate_recovery_codes: { Args: Record<PropertyKey, never>; Returns: string[] };
      invite_from_waitlist: {
        Args: { p_waitlist_id: string };
        Returns: {
          converted_at: string | null;
          created_at: string;
          email: string;
          id: string;
          invited_at: string | null;
          invited_by: string | null;
          metadata: NonNullable<Json>;
          source: string | null;
          status: string;
          updated_at: string;
        };
        SetofOptions: {
          from: '*';
          to: 'waitlist';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      join_waitlist: { Args: { p_email: string; p_ip: string; p_source: string }; Returns: undefined };
      list_sessions: {
        Args: Record<PropertyKey, never>;
        Returns: {
          aal: string;
          created_at: string;
          current: boolean;
          id: string;
          ip: string;
          last_used_at: string;
          user_agent: string;
        }[];
      };
      list_users: {
        Args: {
          p_active?: boolean;
          p_email?: string;
          p_limit?: number;
          p_offset?: number;
          p_role?: string;
          p_user_id?: string;
        };
        Returns: Json;
      };
      mark_alerts_read: { Args: { p_alert_ids?: string[] }; Returns: number };
      my_quotas: {
        Args: Record<PropertyKey, never>;
        Returns: {
          quota: string;
          value: number;
        }[];
      };
      pause_bot: { Args: { p_bot_id: string }; Returns: Json };
      reconcile_run: { Args: { p_fencing_token: number; p_holding: Json; p_run_id: string }; Returns: Json };
      refresh_runner: { Args: { p_ip: string }; Returns: Json };
      release_emergency_stop: {
        Args: { p_halt_id: string };
        Returns: {
          bot_id: string | null;
          close_positions: boolean;
          engaged_at: string;
          engaged_by: string | null;
          id: string;
          reason: string;
          released_at: string | null;
          released_by: string | null;
          scope: string;
          user_id: string | null;
        };
        SetofOptions: {
          from: '*';
          to: 'trading_halts';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      report_run: {
        Args: { p_fencing_token: number; p_first_seq: number; p_items: Json; p_run_id: string };
        Returns: Json;
      };
      request_credential_test: { Args: { p_credential_id: string }; Returns: undefined };
      resume_bot: { Args: { p_bot_id: string }; Returns: Json };
      revoke_api_key: { Args: { p_api_key_id: string }; Returns: string };
      revoke_other_sessions: { Args: Record<PropertyKey, never>; Returns: number };
      revoke_session: { Args: { p_session_id: string }; Returns: undefined };
      run_changes: {
        Args: {
          p_after_event_seq?: number;
          p_after_fill_seq?: number;
          p_after_log_seq?: number;
          p_limit?: number;
          p_run_id: string;
        };
        Returns: Json;
      };
      run_ledger: {
        Args: { p_after_fill?: number; p_after_order?: string; p_limit?: number; p_run_id: string };
        Returns: Json;
      };
      runner_config: { Args: Record<PropertyKey, never>; Returns: Json };
      runner_heartbeat: {
        Args: { p_active_bot_ids: string[]; p_machine_info: Json; p_sent_at: string };
        Returns: Json;
      };
      set_channel_config: {
        Args: {
          p_channel: string;
          p_enabled?: boolean;
          p_messages_per_window?: number;
          p_provider?: string;
          p_settings?: Json;
        };
        Returns: {
          channel: string;
          created_at: string;
          enabled: boolean;
          max_attempts: number;
          messages_per_window: number;
          provider: string | null;
          retry_delay_seconds: number;
          settings: NonNullable<Json>;
          timeout_ms: number;
          updated_at: string;
          updated_by: string | null;
          window_seconds: number;
        };
        SetofOptions: {
          from: '*';
          to: 'channel_configs';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      set_contact_status: {
        Args: { p_contact_message_id: string; p_status: string };
        Returns: {
          created_at: string;
          email: string;
          id: string;
          message: string;
          name: string;
          responded_at: string | null;
          responded_by: string | null;
          response: string | null;
          status: string;
          updated_at: string;
        };
        SetofOptions: {
          from: '*';
          to: 'contact_messages';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      set_exchange_closures: {
        Args: { p_closures: Json; p_exchange: string; p_from: string; p_until: string };
        Returns: undefined;
      };
      set_feedback_status: {
        Args: { p_feedback_id: string; p_status: string };
        Returns: {
          created_at: string;
          id: string;
          message: string;
          status: string;
          type: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'telegram_feedback';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      set_system_config: {
        Args: { p_key: string; p_value: Json };
        Returns: {
          created_at: string;
          description: string;
          is_optional: boolean;
          key: string;
          max_value: number | null;
          min_value: number | null;
          updated_at: string;
          updated_by: string | null;
          value: NonNullable<Json>;
        };
        SetofOptions: {
          from: '*';
          to: 'system_config';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      set_system_health: {
        Args: { p_component: string; p_error_message?: string; p_status: string; p_system: string };
        Returns: {
          avg_response_time_ms: number | null;
          checked_at: string;
          component: string | null;
          created_at: string;
          error_message: string | null;
          failure_count: number;
          id: number;
          last_failure: string | null;
          last_success: string | null;
          metadata: NonNullable<Json>;
          status: string;
          system: string;
        };
        SetofOptions: {
          from: '*';
          to: 'system_health';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      set_telegram_setting: {
        Args: { p_description?: string; p_key: string; p_value: string };
        Returns: {
          created_at: string;
          description: string | null;
          key: string;
          updated_at: string;
          updated_by: string | null;
          value: string | null;
        };
        SetofOptions: {
          from: '*';
          to: 'telegram_settings';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      set_user_active: {
        Args: { p_active: boolean; p_user_id: string };
        Returns: {
          created_at: string;
          display_name: string | null;
          first_name: string | null;
          is_active: boolean;
          last_name: string | null;
          last_sign_in_at: string | null;
          locale: string;
          plan: string;
          preferences: NonNullable<Json>;
          timezone: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'profiles';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      set_user_plan: {
        Args: { p_plan: string; p_user_id: string };
        Returns: {
          created_at: string;
          display_name: string | null;
          first_name: string | null;
          is_active: boolean;
          last_name: string | null;
          last_sign_in_at: string | null;
          locale: string;
          plan: string;
          preferences: NonNullable<Json>;
          timezone: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'profiles';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      set_user_role: {
        Args: { p_role: string; p_user_id: string };
        Returns: {
          created_at: string;
          granted_by: string | null;
          role: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'user_roles';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      start_account_link: {
        Args: { p_provider: string };
        Returns: {
          code: string;
          expires_at: string;
        }[];
      };
      start_bot: { Args: { p_bot_id: string; p_runner_session_id?: string }; Returns: Json };
      stop_bot: { Args: { p_bot_id: string; p_reason?: string }; Returns: Json };
      submit_contact_message: {
        Args: { p_email: string; p_ip: string; p_message: string; p_name: string };
        Returns: undefined;
      };
      submit_order_intents: { Args: { p_fencing_token: number; p_intents: Json; p_run_id: string }; Returns: Json };
      system_report: { Args: Record<PropertyKey, never>; Returns: Json };
      take_call: { Args: Record<PropertyKey, never>; Returns: undefined };
      unlink_account: {
        Args: { p_linked_account_id: string };
        Returns: {
          created_at: string;
          external_id: string;
          id: string;
          metadata: NonNullable<Json>;
          provider: string;
          updated_at: string;
          user_id: string;
          verified_at: string;
        };
        SetofOptions: {
          from: '*';
          to: 'linked_accounts';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      update_credential: {
        Args: { p_credential_id: string; p_enabled?: boolean; p_name?: string };
        Returns: undefined;
      };
      update_strategy: {
        Args: { p_changes?: Json; p_note?: string; p_source?: string; p_spec?: Json; p_strategy_id: string };
        Returns: {
          created_at: string;
          current_version: number;
          description: string | null;
          id: string;
          is_active: boolean;
          name: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'strategies';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      use_recovery_code: { Args: { p_code: string }; Returns: Json };
    };
    Enums: {
      [_ in never]: never;
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, '__InternalSupabase'>;

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, 'public'>];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema['Tables'] & DefaultSchema['Views'])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Views'])
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Views'])[TableName] extends {
      Row: infer R;
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema['Tables'] & DefaultSchema['Views'])
    ? (DefaultSchema['Tables'] & DefaultSchema['Views'])[DefaultSchemaTableNameOrOptions] extends {
        Row: infer R;
      }
      ? R
      : never
    : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables'] | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables']
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'][TableName] extends {
      Insert: infer I;
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables']
    ? DefaultSchema['Tables'][DefaultSchemaTableNameOrOptions] extends {
        Insert: infer I;
      }
      ? I
      : never
    : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables'] | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables']
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'][TableName] extends {
      Update: infer U;
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables']
    ? DefaultSchema['Tables'][DefaultSchemaTableNameOrOptions] extends {
        Update: infer U;
      }
      ? U
      : never
    : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema['Enums'] | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions['schema']]['Enums']
    : never = never,
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions['schema']]['Enums'][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema['Enums']
    ? DefaultSchema['Enums'][DefaultSchemaEnumNameOrOptions]
    : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema['CompositeTypes']
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions['schema']]['CompositeTypes']
    : never = never,
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions['schema']]['CompositeTypes'][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema['CompositeTypes']
    ? DefaultSchema['CompositeTypes'][PublicCompositeTypeNameOrOptions]
    : never;

export const Constants = {
  public: {
    Enums: {},
  },
} as const;
